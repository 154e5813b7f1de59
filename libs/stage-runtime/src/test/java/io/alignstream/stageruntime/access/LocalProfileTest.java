package io.alignstream.stageruntime.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.PlainHttp;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** As on a laptop: whoever sits at the machine may do everything, and pages of others may do nothing. */
@QuarkusTest
@QuarkusTestResource(KafkaBroker.class)
class LocalProfileTest {

    @TestHTTPResource("/")
    URI address;

    private PlainHttp.Answer get(Map<String, String> headers) {
        return new PlainHttp(address).send("GET", "/job", "", headers);
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "127.0.0.1", "[::1]", "LOCALHOST"})
    void whoSitsHereIsServed(String name) {
        assertThat(get(Map.of("Host", name + ":" + address.getPort())).status()).isEqualTo(200);
    }

    /** A name that a page of another site lets point here, to read what it may not (DNS rebinding). */
    @ParameterizedTest
    @ValueSource(strings = {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "192.168.1.7"})
    void anotherNameIsRefused(String name) {
        // When
        PlainHttp.Answer answer = get(Map.of("Host", name + ":" + address.getPort()));

        // Then
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.body()).contains("refusal.otherHost", name);
    }

    /** Its script may send any header; where any key is as good as none, one lets nobody in under another name. */
    @ParameterizedTest
    @ValueSource(strings = {"/q/metrics", "/q/metrics/", "/q//metrics", "/job"})
    void anotherNameIsRefusedWithAMadeUpKeyToo(String path) {
        // When
        PlainHttp.Answer answer = new PlainHttp(address)
                .send("GET", path, "", Map.of("Host", "evil.example", "Authorization", "Bearer x"));

        // Then
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.body()).contains("refusal.otherHost").doesNotContain("alignstream_job_state");
    }

    @Test
    void aPageOfAnotherOriginIsRefused() {
        assertThat(get(Map.of("Origin", "https://evil.example")).status()).isEqualTo(403);
        assertThat(get(Map.of("Origin", "null")).status()).isEqualTo(403);
        assertThat(get(Map.of("Origin", "http://" + address.getAuthority())).status())
                .isEqualTo(200);
    }

    /** Without an origin, as pictures and links are asked for. */
    @Test
    void aPictureOnAPageOfAnotherSiteIsRefusedAndALinkIsNot() {
        assertThat(get(Map.of("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"))
                        .status())
                .isEqualTo(403);
        assertThat(get(Map.of("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"))
                        .status())
                .isEqualTo(200);
        assertThat(get(Map.of("Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "cors"))
                        .status())
                .isEqualTo(200);
    }

    /** It would end the session of whoever follows it. */
    @Test
    void aLinkOfAnotherSiteSignsNobodyOut() {
        // When
        PlainHttp.Answer answer = new PlainHttp(address)
                .send(
                        "GET",
                        "/sign-out/provider",
                        "",
                        Map.of("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"));

        // Then
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.body()).contains("refusal.otherSite");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"})
    void whoComesThroughAProxyDoesNotSitHere(String header) {
        assertThat(get(Map.of(header, "10.0.0.7")).status()).isEqualTo(401);
    }

    /** Clients of the OpenAI API send any key where none is needed; one of ours that opens nothing is a mistake. */
    @Test
    void anyOtherKeyIsAsGoodAsNone() {
        assertThat(get(Map.of("Authorization", "Bearer sk-none")).status()).isEqualTo(200);
        assertThat(get(Map.of("Authorization", "Bearer alignstream_00000000_" + "A".repeat(43)))
                        .status())
                .isEqualTo(401);
    }
}
