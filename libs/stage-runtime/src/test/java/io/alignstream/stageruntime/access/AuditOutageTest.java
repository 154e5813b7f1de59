package io.alignstream.stageruntime.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.alignstream.contracts.access.Role;
import io.alignstream.stageruntime.testing.ClosedService;
import io.alignstream.stageruntime.testing.PlainHttp;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import jakarta.inject.Inject;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

/** No broker answers: requests are, and what cannot be written to the topic is not lost. */
@QuarkusTest
@TestProfile(AuditOutageTest.NoBroker.class)
class AuditOutageTest {

    /** Nobody listens there. */
    public static final class NoBroker extends ClosedService {
        @Override
        public Map<String, String> getConfigOverrides() {
            Map<String, String> settings = super.getConfigOverrides();
            settings.put("kafka.bootstrap.servers", "127.0.0.1:1");
            return settings;
        }
    }

    @TestHTTPResource("/")
    URI address;

    @Inject
    MeterRegistry registry;

    @Test
    void whatDoesNotReachTheTopicStandsInTheLogAndIsCounted() {
        // Given
        Queue<String> said = new ConcurrentLinkedQueue<>();
        Handler listener = new Handler() {
            @Override
            public void publish(LogRecord entry) {
                said.add(String.format(
                        entry.getMessage(), entry.getParameters() == null ? new Object[0] : entry.getParameters()));
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        Logger log = Logger.getLogger(AuditLog.class.getName());
        log.addHandler(listener);

        // When
        PlainHttp.Answer answer = new PlainHttp(address)
                .send("POST", "/job/pause", "", Map.of("Authorization", "Bearer " + ClosedService.key(Role.OPERATOR)));

        // Then
        try {
            assertThat(answer.status()).isEqualTo(202);
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> registry.get("alignstream_audit_lost_total")
                                    .counter()
                                    .count()
                            > 0);
            await().until(() -> said.stream()
                    .anyMatch(
                            line -> line.contains("/job/pause") && line.contains(ClosedService.holder(Role.OPERATOR))));
        } finally {
            log.removeHandler(listener);
        }
    }
}
