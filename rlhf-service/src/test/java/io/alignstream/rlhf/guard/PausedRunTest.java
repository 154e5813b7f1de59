package io.alignstream.rlhf.guard;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainingProgress;
import io.alignstream.contracts.guard.GuardDecision;
import io.alignstream.contracts.guard.GuardDecision.Verdict;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.network.RewardEnsemble;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.rlhf.TinyParents;
import io.alignstream.stageruntime.testing.FreshStore;
import io.alignstream.stageruntime.testing.KafkaBroker;
import io.alignstream.stageruntime.testing.TopicProbe;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.restassured.http.ContentType;
import io.restassured.path.json.JsonPath;
import io.restassured.response.Response;
import jakarta.inject.Inject;
import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The whole service, a broker, and a reward model that is wrong about everything that people have ranked since. */
@QuarkusTest
@QuarkusTestResource(
        value = KafkaBroker.class,
        initArgs = @ResourceArg(name = "fresh", value = "true"),
        restrictToAnnotatedClass = true)
@TestProfile(PausedRunTest.Lasting.class)
class PausedRunTest {

    /** Iterations enough for their figures to come back from the topic while there are more. */
    public static final class Lasting implements QuarkusTestProfile {
        @Override
        public Map<String, String> getConfigOverrides() {
            Map<String, String> settings = FreshStore.settings();
            settings.put("alignstream.rlhf.training.iterations", "20");
            settings.put("alignstream.rlhf.training.batch-episodes", "4");
            settings.put("alignstream.rlhf.training.policy-learning-rate", "1e-5");
            settings.put("alignstream.rlhf.rehearsal.conversations", "0");
            return settings;
        }
    }

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    /** As many as it takes: one ranking of all answers says little more than there are answers. */
    private static final List<String> ANNOTATORS =
            IntStream.range(0, 20).mapToObj(i -> "ann-" + i).toList();

    private static final List<Message> QUESTION = List.of(Message.user("必去景点"));
    private static final List<String> ANSWERS = IntStream.range(0, RankingRequest.MAX_ANSWERS)
            .mapToObj(i -> "景点" + i)
            .toList();

    @Inject
    @SuppressWarnings("NullAway.Init")
    CheckpointStore store;

    @ConfigProperty(name = "kafka.bootstrap.servers")
    @SuppressWarnings("NullAway.Init")
    String broker;

    @SuppressWarnings("NullAway.Init")
    private TopicProbe topics;

    @BeforeEach
    void open() {
        topics = new TopicProbe(broker);
    }

    @AfterEach
    void close() {
        topics.close();
    }

    @Test
    void aRunIsPausedUntilAPersonLetsItGoOn() throws IOException {
        // Given
        publishInputs();
        await().atMost(PATIENCE).until(() -> job().getString("state").equals("paused"));
        JsonPath paused = job();
        GuardDecision pause = topics.events(Topic.GUARD_DECISIONS).getFirst();

        // When
        Response response = given().contentType(ContentType.JSON)
                .body(Map.of("verdict", "continued", "by", "Ann", "reason", "I read the new rankings."))
                .post("/guard/" + pause.run());

        // Then: it goes on where it stood, and is not paused again for what is known
        response.then().statusCode(201);
        assertThat(pause.verdict()).isEqualTo(Verdict.PAUSED);
        assertThat(pause.signal()).isEqualTo("stale-reward-model");
        assertThat(paused.getString("reason.code")).isEqualTo("guard.paused");
        assertThat(paused.getString("reason.arguments.run")).isEqualTo(pause.run());
        await().atMost(PATIENCE).until(() -> topics.events(Topic.CHECKPOINTS).stream()
                .anyMatch(checkpoint -> checkpoint.run().equals(pause.run())));
        assertThat(iterations()).contains(pause.iteration() + 1).isSorted().doesNotHaveDuplicates();
        assertThat(topics.events(Topic.GUARD_DECISIONS))
                .extracting(GuardDecision::verdict)
                .containsExactly(Verdict.PAUSED, Verdict.CONTINUED);
    }

    private static JsonPath job() {
        return given().get("/job").jsonPath();
    }

    private void publishInputs() throws IOException {
        Checkpoint sft = TinyParents.sft(store);
        Checkpoint reward = TinyParents.reward(
                store,
                sft,
                List.of(new DatasetSnapshot(Topic.RANKINGS.name(), List.of(new PartitionRange(0, 0, 0)))),
                Map.of("pairAccuracy", 0.9));
        topics.publish(Topic.RANKING_REQUESTS, new RankingRequest("q", QUESTION, ANSWERS, null, Map.of()));
        List<List<Integer>> order = worstFirst(reward);
        for (String annotator : ANNOTATORS) {
            topics.publish(Topic.RANKINGS, new Ranking("q", annotator, order, List.of(), List.of(), "v1"));
        }
        TinyParents.prompts(12).forEach(prompt -> topics.publish(Topic.PROMPTS, prompt));
        topics.publish(Topic.CHECKPOINTS, sft);
        topics.publish(Topic.CHECKPOINTS, reward);
    }

    /** The answers in the order that the reward model would turn round. */
    private List<List<Integer>> worstFirst(Checkpoint reward) throws IOException {
        try (RewardEnsemble models =
                RewardEnsemble.load(store.open(reward.reference()).folder(), RewardEnsemble.Combination.MEAN)) {
            double[] scores = models.scores(ANSWERS.stream()
                    .map(answer -> ChatTemplate.conversation(TinyParents.TOKENIZER, QUESTION, answer)
                            .ids())
                    .toList());
            return IntStream.range(0, scores.length)
                    .boxed()
                    .sorted(Comparator.comparingDouble(answer -> scores[answer]))
                    .map(List::of)
                    .toList();
        }
    }

    /** Whose figures went out. */
    private List<Long> iterations() {
        return topics.events(Topic.TRAINING_PROGRESS).stream()
                .filter(progress ->
                        progress.stage() == Stage.RLHF && progress.job().equals("ppo"))
                .map(TrainingProgress::step)
                .toList();
    }
}
