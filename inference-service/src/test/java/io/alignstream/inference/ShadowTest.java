package io.alignstream.inference;

import static io.alignstream.inference.ChatApi.json;
import static io.alignstream.inference.ChatApi.question;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.ShadowAnswer;
import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.network.RewardEnsemble;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.stageruntime.testing.Chromium;
import io.alignstream.training.Lineage;
import io.alignstream.training.dataset.RankedAnswers;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A release on trial that nobody gets, which answers unseen whatever the stable one answers. */
@QuarkusTest
@TestProfile(ShadowTest.OnTrial.class)
class ShadowTest extends ServiceTest {

    private final String asked = "Which train goes to Beijing? " + UUID.randomUUID();
    /** A pair of releases for each test. */
    private static long seed = 40;

    private Reference judge;
    private Reference stable;
    private Reference trial;

    /** All are compared, none is served. */
    public static final class OnTrial implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            return Map.of(
                    "alignstream.inference.canary.duration", "PT1H",
                    "alignstream.inference.canary.share", "0",
                    "alignstream.inference.shadow.share", "1");
        }
    }

    @BeforeEach
    void release() throws IOException {
        withdrawAll();
        judge = TinyModel.saveRewardModel(store, 7);
        trial = TinyModel.save(store, ++seed, Map.of(Lineage.REWARD, judge), List.of());
        stable = TinyModel.save(store, ++seed);
        serve(stable);
        publish(ModelRelease.Verdict.APPROVED, trial);
        await().atMost(PATIENCE).until(() -> served.inMemory().sha256s().contains(trial.sha256()));
    }

    @Test
    void whatTheReleaseOnTrialWouldHaveAnsweredIsLoggedAndJudged() throws Exception {
        // When
        HttpResponse<String> answer = askUntilAllIsJudged();

        // Then
        assertThat(answer.headers().firstValue("X-Model-Sha256")).contains(stable.sha256());
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(logged(answer)).last().satisfies(pair -> assertThat(pair.judgement())
                        .isNotNull()));
        ShadowAnswer pair = logged(answer).getLast();
        assertThat(logged(answer))
                .first()
                .isEqualTo(new ShadowAnswer(pair.responseId(), pair.messages(), pair.served(), pair.shadow()));
        assertThat(pair.messages()).containsExactly(Message.user(asked));
        assertThat(pair.served().text()).isEqualTo(content(answer));
        assertThat(pair.shadow().model()).isEqualTo(trial.sha256());
        assertThat(pair.shadow().text())
                .isEqualTo(content(api.post(
                        question(asked, ", \"seed\": 3, \"model\": \"alignstream@" + trial.shortSha256() + "\""))));
        assertThat(pair.judgement()).isEqualTo(judged(pair));
        await().atMost(PATIENCE).untilAsserted(() -> {
            JsonNode shadows = json(api.get("/served").body()).path("shadows").path(0);
            assertThat(shadows.path("shadow").asText()).isEqualTo(trial.sha256());
            assertThat(shadows.path("judged").asInt()).isEqualTo(InferenceStage.PAIRS);
            assertThat(shadows.path("waiting").asInt()).isZero();
        });
        assertThat(json(api.get("/served/shadow-answers").body())
                        .path(0)
                        .path("shadow")
                        .path("model")
                        .asText())
                .isEqualTo(trial.sha256());
    }

    @Test
    void thePageOfTheStageShowsHowTheyCompareAndBothSideBySide() throws IOException {
        // Given
        askUntilAllIsJudged();
        await().atMost(PATIENCE)
                .until(() -> json(api.get("/served").body())
                                .path("shadows")
                                .path(0)
                                .path("judged")
                                .asInt()
                        >= InferenceStage.PAIRS);
        try (Chromium browser = Chromium.start()) {
            browser.show(1100, 900, false);
            browser.open(address.resolve("/stage?language=en").toString());
            browser.await("document.querySelector('#shadow-comparisons li') !== null");

            // When
            browser.click("#shadow-show");

            // Then
            browser.await("document.querySelectorAll('#shadow-pairs > li').length === 20");
            assertThat(browser.value("document.querySelector('#shadow-comparisons').innerText")
                            .asText())
                    .contains(trial.shortSha256(), stable.shortSha256(), "% of 32 pairs", "0 wait for the judge");
            assertThat(browser.value("document.querySelector('#shadow-pairs .asked').innerText")
                            .asText())
                    .startsWith("Which train goes to Beijing?");
            assertThat(browser.hindrances()).isEmpty();
            picture(browser, "shadow");
            browser.show(390, 800, true);
            picture(browser, "shadow-phone");
            assertThat(browser.value("document.documentElement.scrollWidth <= 390")
                            .asBoolean())
                    .isTrue();
        }
    }

    private static void picture(Chromium browser, String name) throws IOException {
        browser.value("document.querySelector('#shadows').scrollIntoView()");
        Path pictures = Files.createDirectories(Path.of("target", "pictures"));
        Files.write(pictures.resolve(name + ".png"), browser.picture());
    }

    /** So many that nobody waits for more. */
    private HttpResponse<String> askUntilAllIsJudged() {
        HttpResponse<String> answer = api.post(question(asked, ", \"seed\": 3"));
        for (int i = 1; i < InferenceStage.PAIRS; i++) {
            api.post(question(asked + i, ", \"max_tokens\": 2"));
        }
        return answer;
    }

    private List<ShadowAnswer> logged(HttpResponse<String> answer) {
        String id = answer.headers().firstValue("X-Response-Id").orElseThrow();
        return topics.events(Topic.SHADOW_ANSWERS).stream()
                .filter(pair -> pair.responseId().equals(id))
                .toList();
    }

    /** The same by hand. */
    private ShadowAnswer.Judgement judged(ShadowAnswer pair) throws IOException {
        try (RewardEnsemble model =
                RewardEnsemble.of(RewardModel.load(store.open(judge).folder(), RewardModel.JUDGE_FILE))) {
            double[] scores = model.scores(Stream.of(pair.served(), pair.shadow())
                    .map(one -> RankedAnswers.answered(
                                    TinyModel.TOKENIZER, pair.messages(), one.text(), one.truncated())
                            .ids())
                    .toList());
            return new ShadowAnswer.Judgement(judge.sha256(), scores[0], scores[1]);
        }
    }
}
