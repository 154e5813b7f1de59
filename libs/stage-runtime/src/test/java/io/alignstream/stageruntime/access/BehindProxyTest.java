package io.alignstream.stageruntime.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.access.Role;
import io.alignstream.stageruntime.testing.ClosedService;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.PlainHttp;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A service that is told to believe a proxy, which speaks TLS with browsers and plain HTTP with the service. */
@QuarkusTest
@QuarkusTestResource(KafkaBroker.class)
@TestProfile(BehindProxyTest.Believing.class)
class BehindProxyTest {

    /** A closed service that believes the headers of a proxy. */
    public static final class Believing extends ClosedService {
        @Override
        public Map<String, String> getConfigOverrides() {
            Map<String, String> settings = new HashMap<>(super.getConfigOverrides());
            settings.put("quarkus.http.proxy.proxy-address-forwarding", "true");
            settings.put("quarkus.http.proxy.allow-x-forwarded", "true");
            return settings;
        }
    }

    @TestHTTPResource("/")
    URI address;

    private String cookie(Map<String, String> more) {
        Map<String, String> headers = new HashMap<>(more);
        headers.put("Content-Type", "application/x-www-form-urlencoded");
        return new PlainHttp(address)
                .send("POST", "/sign-in", "next=%2F&key=" + ClosedService.key(Role.VIEWER), headers)
                .header("Set-Cookie")
                .orElseThrow();
    }

    @Test
    void aSessionThatBeganByTlsIsNeverSentWithoutIt() {
        // When
        String cookie = cookie(Map.of("X-Forwarded-Proto", "https", "X-Forwarded-For", "203.0.113.9"));

        // Then
        assertThat(cookie).startsWith(Sessions.COOKIE + "=").contains("Secure");
    }

    @Test
    void aSessionThatBeganWithoutTlsIsOne() {
        // When
        String cookie = cookie(Map.of());

        // Then
        assertThat(cookie).startsWith(Sessions.COOKIE + "=").doesNotContain("Secure");
    }
}
