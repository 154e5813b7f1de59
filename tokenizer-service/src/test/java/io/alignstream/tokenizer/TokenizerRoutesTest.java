package io.alignstream.tokenizer;

import io.alignstream.stageruntime.testing.ClosedService;
import io.alignstream.stageruntime.testing.GuardedRoutes;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;

@QuarkusTest
@QuarkusTestResource(value = KafkaBroker.class, restrictToAnnotatedClass = true)
@TestProfile(ClosedService.class)
class TokenizerRoutesTest extends GuardedRoutes {}
