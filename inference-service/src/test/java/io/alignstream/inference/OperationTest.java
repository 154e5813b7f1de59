package io.alignstream.inference;

import static io.alignstream.contracts.ModelRelease.Verdict.ROLLED_BACK;
import static io.alignstream.inference.ChatApi.json;
import static io.alignstream.inference.ChatApi.question;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Topic;
import io.alignstream.stageruntime.testing.Chromium;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What those who run the service see, and the way back. */
@QuarkusTest
class OperationTest extends ServiceTest {

    private static final Path PICTURES = Path.of("target", "pictures");

    @BeforeEach
    void release() {
        withdrawAll();
        serve(first);
        serve(second);
    }

    @Test
    void howLongUsersWaitIsToldOfLate() {
        // When
        for (int i = 0; i < 5; i++) {
            api.post(question("Hi " + i, ", \"max_tokens\": 8"));
        }

        // Then
        JsonNode operation = json(api.get("/operation").body());
        JsonNode times = operation.path("times");
        assertThat(times.path("waiting").path("count").asInt()).isGreaterThanOrEqualTo(5);
        assertThat(times.path("firstToken").path("p50").asDouble()).isPositive();
        assertThat(times.path("firstToken").path("p99").asDouble())
                .isGreaterThanOrEqualTo(times.path("waiting").path("p50").asDouble());
        assertThat(times.path("firstToken").path("bins")).isNotEmpty();
        assertThat(operation.path("memory").path("models").asLong()).isPositive();
        assertThat(operation.path("queue").path("mostWriting").asInt()).isPositive();
        JsonNode newest = operation.path("versions").path(0);
        assertThat(newest.path("sha256").asText()).isEqualTo(second.sha256());
        assertThat(newest.path("role").asText()).isEqualTo("stable");
        assertThat(newest.path("next").asText()).isEqualTo(first.sha256());
        assertThat(newest.path("bytes").asLong()).isPositive();
        assertThat(newest.path("cache").asDouble()).isZero();
        assertThat(newest.path("figures").path("winRate").asDouble()).isEqualTo(0.75);
        assertThat(operation.path("versions").path(1).path("next").isNull()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"en, 1200, false", "zh, 390, true"})
    void whoRunsItGoesBackWithAButton(String language, int width, boolean dark) throws IOException {
        // Given
        String run = json(api.get("/operation").body())
                .path("versions")
                .path(0)
                .path("run")
                .asText();
        api.post(question("Hi", ""));
        try (Chromium browser = Chromium.start()) {
            browser.show(width, 2600, dark);
            browser.open(address.resolve("/stage?language=" + language).toString());
            browser.await("document.querySelectorAll('#operation-versions button').length === 1");
            browser.await("document.querySelectorAll('.histogram .bars span').length > 0");
            Files.createDirectories(PICTURES);
            Files.write(PICTURES.resolve("operation-" + language + ".png"), browser.picture());
            assertThat(browser.hindrances()).isEmpty();
            assertThat(browser.value("document.documentElement.scrollWidth").asInt())
                    .isLessThanOrEqualTo(width);

            // When
            browser.value("document.querySelector('#operation-versions button').click()");
            assertThat(browser.value("document.getElementById('rollback-then').textContent")
                            .asText())
                    .contains(first.shortSha256());
            Files.write(PICTURES.resolve("rollback-" + language + ".png"), browser.picture());
            browser.value("(() => { document.getElementById('rollback-name').value = 'Ann';"
                    + " document.getElementById('rollback-reason').value = 'it rambles';"
                    + " document.getElementById('rollback-send').click(); })()");

            // Then
            browser.await("document.querySelector('#operation-versions code').title === '" + first.sha256() + "'");
        }
        assertThat(topics.events(Topic.MODEL_RELEASES)).last().satisfies(release -> {
            assertThat(release.verdict()).isEqualTo(ROLLED_BACK);
            assertThat(release.decidedBy()).isEqualTo("Ann");
            assertThat(release.reason()).isEqualTo("it rambles");
        });
        await().atMost(PATIENCE).until(() -> api.post(question("Hi", ""))
                .headers()
                .firstValue("X-Model-Sha256")
                .filter(first.sha256()::equals)
                .isPresent());
        assertThat(api.post("/operation/rollback/" + run, "{\"by\": \"Ann\", \"reason\": \"again\"}")
                        .statusCode())
                .isEqualTo(409);
    }

    @Test
    void aDecisionNeedsANameAndAReason() {
        // Given
        ModelRelease release = served.current().orElseThrow().release();
        String path = "/operation/rollback/" + release.run();

        // When, then
        assertThat(api.post(path, "{\"by\": \"Ann\"}").statusCode()).isEqualTo(400);
        assertThat(api.post(path, "{\"reason\": \"it rambles\"}").statusCode()).isEqualTo(400);
        assertThat(api.post("/operation/rollback/nothing", "{}").statusCode()).isEqualTo(409);
    }
}
