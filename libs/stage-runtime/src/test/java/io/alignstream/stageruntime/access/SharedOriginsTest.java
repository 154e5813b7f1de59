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
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pages of an origin that the settings name may ask with a key of theirs, those of any other may not even ask. */
@QuarkusTest
@QuarkusTestResource(KafkaBroker.class)
@TestProfile(SharedOriginsTest.Shared.class)
class SharedOriginsTest {

    private static final String ORIGIN = "https://app.example";
    private static final String ALLOWED = "Access-Control-Allow-Origin";

    /** A closed service that shares with one origin. */
    public static final class Shared extends ClosedService {
        @Override
        public Map<String, String> getConfigOverrides() {
            Map<String, String> settings = new HashMap<>(super.getConfigOverrides());
            settings.put("quarkus.http.cors.enabled", "true");
            settings.put("quarkus.http.cors.origins", ORIGIN);
            return settings;
        }
    }

    @TestHTTPResource("/")
    URI address;

    private PlainHttp.Answer ask(String method, String origin, Map<String, String> more) {
        Map<String, String> headers = new HashMap<>(more);
        headers.put("Origin", origin);
        return new PlainHttp(address).send(method, "/job", "", headers);
    }

    private PlainHttp.Answer mayAsk(String origin) {
        return ask(
                "OPTIONS",
                origin,
                Map.of("Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "authorization"));
    }

    private static Map<String, String> key() {
        return Map.of("Authorization", "Bearer " + ClosedService.key(Role.VIEWER));
    }

    @Test
    void aPageOfThatOriginMayAskAndReadsTheAnswer() {
        // When
        PlainHttp.Answer before = mayAsk(ORIGIN);
        PlainHttp.Answer answer = ask("GET", ORIGIN, key());

        // Then: with a key that it has, and not with what the browser keeps for the service's own pages
        assertThat(before.status()).isEqualTo(200);
        assertThat(before.header(ALLOWED)).contains(ORIGIN);
        assertThat(before.header("Access-Control-Allow-Headers"))
                .get()
                .asString()
                .containsIgnoringCase("authorization");
        assertThat(before.header("Access-Control-Allow-Credentials")).isNotEqualTo(Optional.of("true"));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header(ALLOWED)).contains(ORIGIN);
        assertThat(ask("GET", ORIGIN, Map.of()).status()).isEqualTo(401);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://evil.example",
                "https://app.example.evil.example",
                "https://evil.example/https://app.example",
                "http://app.example",
                "https://app.example:8443",
                "null"
            })
    void aPageOfAnotherOriginMayNotAsk(String origin) {
        // When
        PlainHttp.Answer before = mayAsk(origin);
        PlainHttp.Answer answer = ask("GET", origin, key());

        // Then
        assertThat(before.status()).isEqualTo(403);
        assertThat(answer.status()).isEqualTo(403);
        assertThat(before.header(ALLOWED)).isEmpty();
        assertThat(answer.header(ALLOWED)).isEmpty();
    }
}
