package io.alignstream.inference;

import static io.alignstream.inference.ChatApi.json;
import static io.alignstream.inference.GroundedService.ASKED;
import static io.alignstream.inference.GroundedService.OLN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Answers and their sources, as people see them. */
@QuarkusTest
@TestProfile(GroundedService.class)
class GroundedChatInChromiumTest extends ChatPageTest {

    @BeforeEach
    void index() {
        GroundedService.publish(topics, "oln", OLN, Map.of("title", "Velmora", "url", "https://example.org/velmora"));
        GroundedService.publish(
                topics, "sly", "The mayor of Velmora opened <b>the harbour</b>.", Map.of("url", "javascript:alert(1)"));
        await().atMost(PATIENCE)
                .until(() -> json(api.post("/v1/retrieval", "{\"query\": \"" + ASKED + "\"}")
                                        .body())
                                .path("data")
                                .size()
                        == 2);
    }

    @Test
    void theSourcesStandBeneathTheAnswerAndAreThereAfterAReload() {
        // Given
        settings(BRIEF);
        browser.await("document.querySelector('#ground').checkVisibility()");
        browser.click("#ground");
        ask(ASKED);

        // When
        browser.open(address.resolve("/chat").toString());
        browser.await("document.querySelector('.sources:not([hidden])') !== null");
        browser.value("document.querySelector('.sources summary').focus()");
        browser.press("Enter");
        browser.await("document.querySelector('.sources details').open");

        // Then
        assertThat(text(".sources summary")).isEqualTo("Sources (2)");
        assertThat(text(".sources li")).contains("Velmora", "test", "similarity 0.", OLN);
        assertThat(browser.value("[...document.querySelectorAll('.sources a')].map(link => link.href)")
                        .valueStream()
                        .map(JsonNode::asText))
                .containsExactly("https://example.org/velmora");
        assertThat(browser.value("document.querySelector('#ground').checked").asBoolean())
                .isTrue();
    }

    @Test
    void withoutTheSwitchThereAreNone() {
        // Given
        settings(BRIEF);

        // When
        ask(ASKED);

        // Then
        assertThat(browser.value("document.querySelector('.sources').hidden").asBoolean())
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({"en, 1100, false", "zh, 390, true"})
    void nobodyIsShutOut(String language, int width, boolean dark) throws IOException {
        // Given
        browser.show(width, 900, dark);
        settings(BRIEF + ", retrieval: true");
        browser.open(address.resolve("/chat?language=" + language).toString());
        ask(ASKED);
        browser.click(".sources summary");
        browser.await("document.querySelector('.sources details').open");
        picture("chat-sources", width);

        // When
        List<JsonNode> violations = violations();

        // Then
        assertThat(violations).isEmpty();
        assertThat(browser.value("document.documentElement.scrollWidth").asInt())
                .isLessThanOrEqualTo(width);
        assertThat(text("body")).doesNotContain("chat.");
    }
}
