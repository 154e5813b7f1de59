package io.alignstream.inference;

import static io.alignstream.inference.ChatApi.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.Feedback;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Topic;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The chat as people use it, in a real browser against the running service. */
@QuarkusTest
class ChatInChromiumTest extends ChatPageTest {

    /** A service that gives token probabilities: 成 is drawn as two tokens, and the answer ends before a stop text. */
    private static final String WITH_PROBABILITIES =
            """
            const token = (text, bytes, logprob, top = []) => ({ token: text, bytes, logprob, top_logprobs: top });
            const content = [
              token('Hi', [72, 105], -0.05, [token('Hi', [72, 105], -0.05), token('Ho', [72, 111], -3)]),
              token('\\\\xe6\\\\x88', [230, 136], -1.5), token('\\\\x90', [144], -4), token('STOP', [83, 84, 79, 80], -0.1)];
            const events = [{ delta: { content: 'Hi成' }, logprobs: { content } }, { delta: {}, finish_reason: 'stop' }];
            return new Response(events.map(choice =>
              `data: ${JSON.stringify({ id: 'chatcmpl-1', model: body.model, choices: [choice] })}\\n\\n`).join('') + 'data: [DONE]\\n\\n');
            """;

    /** One that refuses them, and answers without. */
    private static final String WITHOUT_PROBABILITIES =
            """
            if (body.logprobs) {
              return new Response(JSON.stringify({ error: { code: 'unsupported_parameter',
                reason: { code: 'api.unsupported', arguments: { parameter: 'logprobs' } } } }), { status: 400 });
            }
            return served(address, options);
            """;

    @Test
    void aConversationSurvivesAReload() {
        // Given
        settings(BRIEF);
        ask("Hi");
        String answer = text(".answer .text");

        // When
        browser.open(address.resolve("/chat").toString());

        // Then
        browser.await("document.querySelector('.verdict:not([hidden])') !== null");
        assertThat(text(".question")).isEqualTo("Hi");
        assertThat(text(".answer .text")).isEqualTo(answer).isNotBlank();
        assertThat(text(".version")).isEqualTo("alignstream · " + first.shortSha256());
    }

    @Test
    void anAnswerIsJudgedAfterAReloadAndThePageSaysWhatBecomesOfThat() {
        // Given
        settings(BRIEF);
        ask("Judged");
        browser.open(address.resolve("/chat").toString());
        browser.await("document.querySelector('.verdict:not([hidden])') !== null");

        // When
        browser.click("[data-thumb=down]");
        browser.await("document.activeElement.matches('.correction textarea')");
        browser.type("A better one.");
        browser.click(".correction button");
        browser.await("document.querySelector('.note').innerText.includes('instruction')");

        // Then
        assertThat(topics.events(Topic.FEEDBACK)).last().satisfies(feedback -> {
            assertThat(feedback.correction()).isEqualTo("A better one.");
            assertThat(feedback.thumb()).isEqualTo(Feedback.Thumb.DOWN);
            assertThat(feedback.messages()).containsExactly(Message.user("Judged"));
        });
        assertThat(browser.value("document.querySelector('[data-thumb=down]').ariaPressed")
                        .asText())
                .isEqualTo("true");
    }

    @Test
    void twoAnswersStandSideBySideAndTheBetterOneIsARanking() {
        // Given
        settings(BRIEF + ", pairs: true");
        // the second one ends sooner: a tiny model may draw the same text twice, and equal answers are not compared
        intercept("window.asked = (window.asked ?? 0) + 1; return served(address,"
                + " { ...options, body: JSON.stringify({ ...body, max_tokens: window.asked > 1 ? 3 : 12 }) });");
        ask("Compared");
        browser.await("document.querySelectorAll('.verdict:not([hidden])').length === 2");
        JsonNode tops = browser.value("[...document.querySelectorAll('.answer')].map(e => e.offsetTop)");
        String better = text(".answer:nth-child(2) .text");

        // When
        browser.click(".answer:nth-child(2) .better");
        browser.await("document.querySelector('.answer:nth-child(2) .goes-on').checkVisibility()");

        // Then
        assertThat(tops.path(0)).isEqualTo(tops.path(1));
        Ranking ranking = topics.events(Topic.RANKINGS).getLast();
        RankingRequest request = topics.events(Topic.RANKING_REQUESTS).getLast();
        assertThat(ranking.requestId()).isEqualTo(request.requestId());
        assertThat(request.messages()).containsExactly(Message.user("Compared"));
        assertThat(request.answers().get(ranking.order().getFirst().getFirst()).strip())
                .isEqualTo(better.strip());
    }

    @Test
    void aQuestionThatIsEditedIsAskedAnewWithoutWhatFollowed() {
        // Given
        settings(BRIEF);
        ask("One");
        ask("Two");

        // When
        browser.click(".edit");
        browser.await("document.activeElement.matches('.editing textarea')");
        browser.type(" more");
        browser.click(".editing .primary");
        answered(1);

        // Then
        assertThat(text(".question")).isEqualTo("One more");
        assertThat(count(".turn")).isOne();
    }

    @Test
    void anAnswerOnItsWayIsStoppedByKey() {
        // Given
        browser.await("document.querySelector('#model').className === 'served'");
        browser.value("document.querySelector('#question').focus()");
        browser.type("Endless");
        browser.press("Enter");
        browser.await("document.querySelector('.answer .text')?.textContent.length > 0");

        // When
        browser.press("Escape");

        // Then
        browser.await("document.querySelector('.note').innerText === 'Stopped.'");
        assertThat(browser.value("document.querySelector('.answer').ariaBusy").asText())
                .isEqualTo("false");
    }

    @Test
    void whatIsAskedIsAskedOfTheModelThatIsPickedWithWhatIsSet() {
        // Given
        intercept("window.sent = body; return served(address, options);");
        browser.click("#open-settings");
        browser.await("document.querySelector('#settings').open");
        browser.value("document.querySelector('[name=temperature]').select()");
        browser.type("3");
        boolean refused = browser.value("document.querySelector('#impossible').checkVisibility()")
                .asBoolean();
        browser.value("document.querySelector('[name=temperature]').select()");
        browser.type("0.2");
        browser.value("document.querySelector('[name=max_tokens]').focus()");
        browser.type("5");
        browser.value("document.querySelector('[name=seed]').focus()");
        browser.type("7");
        browser.value("document.querySelector('[name=system]').focus()");
        browser.type("Be brief.");
        browser.click("#settings .primary");

        // When
        ask("Hi");

        // Then
        assertThat(refused).isTrue();
        assertThat(json(browser.value("JSON.stringify(window.sent)").asText()))
                .isEqualTo(
                        json(
                                """
                {"model": "alignstream", "stream": true, "stream_options": {"include_usage": true},
                 "temperature": 0.2, "top_p": 1, "max_tokens": 5, "seed": 7,
                 "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]}"""));
        assertThat(text("#version option")).isEqualTo("alignstream · " + first.shortSha256());
    }

    @Test
    void conversationsAreDeletedFromTheBrowser() {
        // Given
        settings(BRIEF);
        ask("Kept");
        browser.click("#open-history");
        browser.await("document.querySelector('#history').open");
        String listed = text("#chats .chat span");

        // When
        browser.click("#chats .delete");

        // Then
        assertThat(listed).isEqualTo("Kept");
        assertThat(count("#chats li")).isZero();
        assertThat(count(".turn")).isZero();
        assertThat(browser.value("localStorage.getItem('alignstream-chats')").asText())
                .isEqualTo("[]");
    }

    @Test
    void whatTheModelLearnedToAnswerIsOfferedButNothingThatAUserTyped() {
        // Given
        settings(BRIEF);
        topics.publish(Topic.PROMPTS, new Prompt("example", List.of(Message.user("Which train?")), Map.of()));
        topics.publish(
                Topic.PROMPTS,
                new Prompt("typed", List.of(Message.user("My secret")), Map.of("source", Feedback.SOURCE)));
        await().atMost(PATIENCE).until(() -> json(api.get("/served").body())
                .path("examples")
                .toString()
                .contains("Which train?"));
        browser.open(address.resolve("/chat").toString());
        browser.await("document.querySelector('#examples').innerText.includes('Which train?')");
        String offered = text("#examples");

        // When
        browser.value("[...document.querySelectorAll('#examples button')]"
                + ".find(button => button.innerText === 'Which train?').click()");
        answered(1);

        // Then
        assertThat(text(".question")).isEqualTo("Which train?");
        assertThat(offered).doesNotContain("My secret");
    }

    @Test
    void eachTokenShowsHowProbableItWasAndWhatElseMightHaveBeenDrawn() {
        // Given
        settings("probabilities: true");
        intercept(WITH_PROBABILITIES);
        ask("Hi");

        // When
        browser.value("document.querySelector('.answer .text').focus({ focusVisible: true })");
        browser.press("ArrowRight", "ArrowLeft");

        // Then
        assertThat(text(".answer .text")).isEqualTo("Hi成");
        assertThat(browser.value("[...document.querySelectorAll('.token')].map(e => e.className).join()")
                        .asText())
                .isEqualTo("token doubt-0 current,token doubt-3");
        assertThat(text("#choices")).contains("Hi", "95.1%", "Ho", "5%");
        browser.press("ArrowRight");
        assertThat(text("#choices")).contains("E6 88", "90", "22.3%", "1.8%");
        browser.press("Tab");
        assertThat(browser.value("document.querySelector('#choices').hidden").asBoolean())
                .isTrue();
    }

    @Test
    void whereTheServiceGivesNoProbabilitiesThePageSaysSoAndAnswers() {
        // Given
        settings(BRIEF + ", probabilities: true");
        intercept(WITHOUT_PROBABILITIES);

        // When
        ask("Hi");

        // Then
        assertThat(text(".note")).contains("gives no token probabilities");
        assertThat(text(".answer .text")).isNotBlank();
    }

    @ParameterizedTest
    @CsvSource({"en, 1100, false", "zh, 390, true"})
    void nobodyIsShutOut(String language, int width, boolean dark) throws IOException {
        // Given
        browser.show(width, 900, dark);
        settings("probabilities: true, pairs: true");
        browser.open(address.resolve("/chat?language=" + language).toString());
        intercept(WITH_PROBABILITIES);
        picture("chat-welcome", width);
        ask("成都有啥必去的地方啊");
        browser.await("document.querySelectorAll('.verdict:not([hidden])').length === 2");
        picture("chat", width);

        // When
        List<JsonNode> violations = violations();
        browser.click("#open-settings");
        picture("chat-settings", width);
        List<JsonNode> ofSettings = violations();
        browser.click("#settings .primary");
        browser.click("#open-history");
        picture("chat-history", width);
        List<JsonNode> ofHistory = violations();

        // Then
        assertThat(violations).isEmpty();
        assertThat(ofSettings).isEmpty();
        assertThat(ofHistory).isEmpty();
        assertThat(browser.value("document.documentElement.scrollWidth").asInt())
                .isLessThanOrEqualTo(width);
        assertThat(text("body")).doesNotContain("chat.");
    }
}
