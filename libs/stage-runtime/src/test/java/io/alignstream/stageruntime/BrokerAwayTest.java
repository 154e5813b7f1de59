package io.alignstream.stageruntime;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.alignstream.stageruntime.testing.KafkaBroker;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A service whose broker goes away. */
@QuarkusTest
@TestProfile(BrokerAwayTest.OwnService.class)
@QuarkusTestResource(value = BrokerAwayTest.StoppableBroker.class, restrictToAnnotatedClass = true)
class BrokerAwayTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @StoppableBroker.Stop
    Runnable stopBroker = () -> {};

    @Inject
    JobControl control;

    /** A service of its own. */
    public static final class OwnService implements QuarkusTestProfile {}

    /** A broker that the test stops. */
    public static final class StoppableBroker implements QuarkusTestResourceLifecycleManager {

        /** Marks the field that is given what stops the broker. */
        @Retention(RetentionPolicy.RUNTIME)
        @interface Stop {}

        private final KafkaBroker broker = new KafkaBroker();

        @Override
        public Map<String, String> start() {
            broker.init(Map.of("fresh", "true"));
            return broker.start();
        }

        @Override
        public void inject(TestInjector injector) {
            injector.injectIntoFields(
                    (Runnable) broker::stop, new TestInjector.AnnotatedAndMatchesType(Stop.class, Runnable.class));
        }

        @Override
        public void stop() {
            broker.stop();
        }
    }

    @Test
    void staysReadyForWhatItHasReadAndSaysThatTheBrokerIsAway() {
        // Given
        await().atMost(PATIENCE).until(() -> control.status().state() == JobStatus.State.WAITING);

        // When
        stopBroker.run();

        // Then
        await().atMost(PATIENCE)
                .until(() -> given().get("/q/health/ready").body().asString().contains("trouble"));
        assertThat(given().get("/q/health/ready").statusCode()).isEqualTo(200);
        assertThat(given().get("/q/health/live").statusCode()).isEqualTo(200);
    }
}
