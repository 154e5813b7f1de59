package io.alignstream.inference;

import static io.alignstream.contracts.ModelRelease.Verdict.APPROVED;
import static io.alignstream.contracts.ModelRelease.Verdict.REJECTED;
import static io.alignstream.contracts.ModelRelease.Verdict.ROLLED_BACK;
import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.inference.feedback.HeldOutPrompts;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.generation.PreparedWeights;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.stageruntime.Decision;
import io.alignstream.stageruntime.Question;
import io.alignstream.stageruntime.View;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a fresh instance, whose disk is empty, makes of the compacted topic. */
class InferenceStageTest {

    @TempDir
    Path folder;

    @Test
    void servesTheApprovedReleaseAlthoughALaterCandidateWasRejected() throws Exception {
        // Given
        Compacted topic = new Compacted();
        topic.add(release("one", APPROVED));
        topic.add(release("two", REJECTED));

        // When
        Decision decision = freshInstance(topic);

        // Then
        assertThat(decision).isInstanceOfSatisfying(Decision.Run.class, run -> assertThat(
                        run.job().title().arguments())
                .containsEntry("release", sha256("one").substring(0, 12)));
    }

    @Test
    void goesBackToTheApprovedReleaseBeforeTheOneThatIsRolledBack() throws Exception {
        // Given
        Compacted topic = new Compacted();
        topic.add(release("one", APPROVED));
        topic.add(release("two", APPROVED));
        topic.add(release("two", APPROVED).decided(ROLLED_BACK, "Ann", "It proved bad."));

        // When
        Decision decision = freshInstance(topic);

        // Then
        assertThat(decision).isInstanceOfSatisfying(Decision.Run.class, run -> assertThat(
                        run.job().title().arguments())
                .containsEntry("release", sha256("one").substring(0, 12)));
    }

    @Test
    void aNewDecisionBringsARolledBackReleaseBack() throws Exception {
        // Given
        Compacted topic = new Compacted();
        topic.add(release("one", APPROVED));
        topic.add(release("two", ROLLED_BACK));
        topic.add(release("three", REJECTED));
        topic.add(release("two", ROLLED_BACK).decided(APPROVED, "Ann", "It was not the model."));

        // When
        Decision decision = freshInstance(topic);

        // Then
        assertThat(decision).isInstanceOfSatisfying(Decision.Run.class, run -> assertThat(
                        run.job().title().arguments())
                .containsEntry("release", sha256("two").substring(0, 12)));
    }

    @Test
    void takesTheModelOutOfServiceWhenNoApprovalIsLeft() {
        // Given: a model that is served
        ServedModel served = new ServedModel(new SimpleMeterRegistry());
        served.swap(tinyModel());
        InferenceStage stage = new InferenceStage(
                new Defaults(), served, null, new FeedbackTally(), new Releases(), new HeldOutPrompts());
        Compacted topic = new Compacted();
        topic.add(release("one", ROLLED_BACK));

        // When
        stage.show(topic);

        // Then
        assertThat(served.current()).isEmpty();
    }

    @Test
    void comparesWithTheModelThatTheViewSaysIsServed() throws Exception {
        // Given
        Compacted topic = new Compacted();
        topic.add(release("one", APPROVED));
        topic.inService = Optional.of(sha256("one"));

        // When
        Decision decision = freshInstance(topic);

        // Then
        assertThat(decision)
                .isEqualTo(new Decision.Wait(Reason.of("inference.serving")
                        .with("model", "alignstream")
                        .with("release", sha256("one").substring(0, 12))));
    }

    private static LoadedModel tinyModel() {
        Tokenizer tokenizer = new BpeTrainer(300).train(java.util.stream.Stream.of("a"));
        try (Transformer network =
                Transformer.initialise(TransformerConfig.of(tokenizer.vocabularySize(), 1, 32, 8), 1)) {
            return new LoadedModel(release("one", APPROVED), new PreparedWeights(network), tokenizer);
        }
    }

    @Test
    void servesNothingWithoutAnApproval() throws Exception {
        // Given
        Compacted topic = new Compacted();
        topic.add(release("one", APPROVED));
        topic.add(release("one", REJECTED));
        topic.add(new ModelRelease("other", APPROVED, reference("three"), "three", Map.of(), "for the test"));

        // When / Then
        assertThat(freshInstance(topic))
                .isEqualTo(new Decision.Wait(Reason.of("inference.noRelease").with("model", "alignstream")));
    }

    private Decision freshInstance(View view) throws Exception {
        try (CheckpointStore store =
                CheckpointStore.open(folder.resolve("store").toUri(), folder.resolve("cache"))) {
            return new InferenceStage(
                            new Defaults(),
                            new ServedModel(new SimpleMeterRegistry()),
                            store,
                            new FeedbackTally(),
                            new Releases(),
                            new HeldOutPrompts())
                    .decide(view, false);
        }
    }

    private static ModelRelease release(String run, ModelRelease.Verdict verdict) {
        return new ModelRelease("alignstream", verdict, reference(run), run, Map.of(), "for the test");
    }

    private static Reference reference(String run) {
        return new Reference(URI.create("file:/store/" + run), sha256(run), 1);
    }

    private static String sha256(String run) {
        return "%08x".formatted(run.hashCode()).repeat(8);
    }

    /** Only the name counts here. */
    private record Defaults() implements InferenceConfig {

        @Override
        public String model() {
            return "alignstream";
        }

        @Override
        public int concurrentRequests() {
            return 1;
        }

        @Override
        public int queue() {
            return 1;
        }

        @Override
        public int defaultMaxTokens() {
            return 1;
        }

        @Override
        public Duration timeout() {
            return Duration.ofMinutes(1);
        }

        @Override
        public int rememberedResponses() {
            return 1;
        }
    }

    /** The topic after compaction: the newest record of each key, in the order of the log. */
    private static final class Compacted implements View {

        private final SequencedMap<String, ModelRelease> releases = new LinkedHashMap<>();
        private Optional<String> inService = Optional.empty();

        void add(ModelRelease release) {
            releases.putLast(Topic.MODEL_RELEASES.key(release), release);
        }

        @Override
        public <T> List<T> newestByKey(Topic<T> topic) {
            return releases.values().stream().map(topic.eventClass()::cast).toList();
        }

        @Override
        public DatasetSnapshot snapshot(Topic<?> topic) {
            return new DatasetSnapshot(topic.name(), List.of());
        }

        @Override
        @SuppressWarnings("unchecked") // the stage asks one thing: what is in service
        public <T> T answer(Question<T> question) {
            return (T) inService;
        }

        @Override
        public long count(Topic<?> topic) {
            return releases.size();
        }

        @Override
        public Duration quietFor(Topic<?> topic) {
            return Duration.ZERO;
        }
    }
}
