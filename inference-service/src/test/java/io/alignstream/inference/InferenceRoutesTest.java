package io.alignstream.inference;

import io.alignstream.stageruntime.testing.ClosedService;
import io.alignstream.stageruntime.testing.GuardedRoutes;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;

@QuarkusTest
@QuarkusTestResource(KafkaBroker.class)
@TestProfile(ClosedService.class)
class InferenceRoutesTest extends GuardedRoutes {}
