package io.alignstream.inference;

import static io.alignstream.contracts.ModelRelease.Verdict.APPROVED;
import static io.alignstream.contracts.ModelRelease.Verdict.REJECTED;
import static io.alignstream.contracts.ModelRelease.Verdict.ROLLED_BACK;
import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.ShadowAnswer;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.inference.feedback.FeedbackTally;
import io.alignstream.inference.feedback.HeldOutPrompts;
import io.alignstream.inference.retrieval.SmallRetrieval;
import io.alignstream.inference.shadow.ShadowTally;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.generation.Engine;
import io.alignstream.languagemodel.generation.PreparedWeights;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.stageruntime.Decision;
import io.alignstream.stageruntime.Origin;
import io.alignstream.stageruntime.Question;
import io.alignstream.stageruntime.View;
import io.alignstream.stageruntime.kept.KeptState;
import io.alignstream.stageruntime.metrics.Meters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a fresh instance, whose disk is empty, makes of the compacted topic. */
class InferenceStageTest {

    @TempDir
    Path folder;

    private static final SmallService CONFIG = new SmallService(1, 1);

    private final Releases releases = new Releases();
    private final ServedModel served =
            new ServedModel(CONFIG, releases, Meters.of(new SimpleMeterRegistry(), "inference"));
    private final KeptState kept = KeptState.temporary();
    private final ShadowTally shadows = new ShadowTally();

    @AfterEach
    void close() {
        kept.close();
    }

    @Test
    void servesTheApprovedReleaseAlthoughALaterCandidateWasRejected() throws Exception {
        // Given
        publish(release("one", APPROVED));
        publish(release("two", REJECTED));

        // When
        Decision decision = freshInstance();

        // Then
        assertThat(decision).isInstanceOfSatisfying(Decision.Run.class, run -> assertThat(
                        run.job().title().arguments())
                .containsEntry("release", sha256("one").substring(0, 12)));
    }

    @Test
    void goesBackToTheApprovedReleaseBeforeTheOneThatIsRolledBack() throws Exception {
        // Given
        publish(release("one", APPROVED));
        publish(release("two", APPROVED));
        publish(release("two", APPROVED).decided(ROLLED_BACK, "Ann", "It proved bad."));

        // When
        Decision decision = freshInstance();

        // Then
        assertThat(decision).isInstanceOfSatisfying(Decision.Run.class, run -> assertThat(
                        run.job().title().arguments())
                .containsEntry("release", sha256("one").substring(0, 12)));
    }

    @Test
    void aNewDecisionBringsARolledBackReleaseBack() throws Exception {
        // Given
        publish(release("one", APPROVED));
        publish(release("two", ROLLED_BACK));
        publish(release("three", REJECTED));
        publish(release("two", ROLLED_BACK).decided(APPROVED, "Ann", "It was not the model."));

        // When
        Decision decision = freshInstance();

        // Then
        assertThat(decision).isInstanceOfSatisfying(Decision.Run.class, run -> assertThat(
                        run.job().title().arguments())
                .containsEntry("release", sha256("two").substring(0, 12)));
    }

    @Test
    void aRolledBackModelGetsNoRequestThoughAnOlderOneIsApproved() {
        // Given: a model that is served; no comparison follows, as while another one is loaded
        publish(release("older", APPROVED));
        publish(release("one", APPROVED));
        served.swap(tinyModel());

        // When
        publish(release("one", ROLLED_BACK));

        // Then
        assertThat(served.share()).isEmpty();
    }

    @Test
    void freesTheModelThatIsRolledBack() {
        // Given
        publish(release("older", APPROVED));
        publish(release("one", APPROVED));
        LoadedModel model = tinyModel();
        served.swap(model);
        publish(release("one", ROLLED_BACK));

        // When
        stage(null).show(new InMemory(Set.of()));

        // Then
        assertThat(model.freed()).isTrue();
    }

    @Test
    void whatIsRolledBackWhileItIsLoadedIsNotServed() {
        // Given
        publish(release("one", APPROVED));
        publish(release("one", ROLLED_BACK));
        LoadedModel model = tinyModel();

        // When
        served.swap(model);

        // Then
        assertThat(served.current()).isEmpty();
        assertThat(model.freed()).isTrue();
    }

    @Test
    void comparesWithTheModelThatTheViewSaysIsServed() throws Exception {
        // Given
        publish(release("one", APPROVED));

        // When
        Decision decision = instance(Set.of(sha256("one")));

        // Then
        assertThat(decision)
                .isEqualTo(new Decision.Wait(Reason.of("inference.serving")
                        .with("model", "alignstream")
                        .with("release", sha256("one").substring(0, 12))));
    }

    @Test
    void fewAnswersThatNobodyWasShownWaitForMore() throws Exception {
        // Given
        publish(release("one", APPROVED));
        logShadows(1);

        // When
        Decision decision = instance(Set.of(sha256("one")));

        // Then
        assertThat(decision)
                .isEqualTo(new Decision.WaitFor(Reason.of("shadow.waits").with("pairs", 1), InferenceStage.QUIET));
    }

    @Test
    void manyAreJudged() throws Exception {
        // Given
        publish(release("one", APPROVED));
        logShadows(InferenceStage.PAIRS);

        // When
        Decision decision = instance(Set.of(sha256("one")));

        // Then
        assertThat(decision).isInstanceOfSatisfying(Decision.Run.class, run -> assertThat(
                        run.job().run())
                .startsWith("judge-" + sha256("one").substring(0, 12)));
    }

    @Test
    void theNextBatchIsAnotherRun() throws Exception {
        // Given
        publish(release("one", APPROVED));
        logShadows(2 * InferenceStage.PAIRS);
        String before = instance(Set.of(sha256("one"))) instanceof Decision.Run run
                ? run.job().run()
                : "";

        // When
        for (int i = 0; i < InferenceStage.PAIRS; i++) {
            judgeShadow(i);
        }

        // Then
        assertThat(instance(Set.of(sha256("one"))))
                .isInstanceOfSatisfying(
                        Decision.Run.class,
                        run -> assertThat(run.job().run()).startsWith("judge-").isNotEqualTo(before));
    }

    @Test
    void whatWasRolledBackIsJudgedAllTheSame() throws Exception {
        // Given
        publish(release("two", APPROVED));
        publish(release("one", APPROVED));
        publish(release("one", ROLLED_BACK));
        logShadows(InferenceStage.PAIRS);

        // When
        Decision decision = instance(Set.of(sha256("two")));

        // Then
        assertThat(decision)
                .isInstanceOfSatisfying(
                        Decision.Run.class, run -> assertThat(run.job().run()).startsWith("judge-"));
    }

    @Test
    void whatAReleaseThatIsGoneWouldHaveSaidIsNotJudged() {
        // Given
        publish(release("two", APPROVED));
        logShadows(1);

        // When
        stage(null).show(new InMemory(Set.of()));

        // Then
        assertThat(shadows.waiting(sha256("one"))).isEmpty();
        assertThat(shadows.comparisons()).singleElement().satisfies(one -> assertThat(one.notJudged())
                .isEqualTo(1));
    }

    @Test
    void aReleaseIsLoadedBeforeAnythingIsJudged() throws Exception {
        // Given
        publish(release("one", APPROVED));
        logShadows(InferenceStage.PAIRS);

        // When
        Decision decision = freshInstance();

        // Then
        assertThat(decision).isInstanceOfSatisfying(Decision.Run.class, run -> assertThat(
                        run.job().run())
                .isEqualTo(sha256("one").substring(0, 12)));
    }

    private void logShadows(int pairs) {
        for (int i = 0; i < pairs; i++) {
            ShadowAnswer pair = shadow(i);
            shadows.handle(pair, new At(Optional.of(pair.responseId())));
        }
    }

    private void judgeShadow(int pair) {
        ShadowAnswer judged = shadow(pair).judged(new ShadowAnswer.Judgement(sha256("judge"), 0, 1));
        shadows.handle(judged, new At(Optional.of(judged.responseId())));
    }

    private static ShadowAnswer shadow(int pair) {
        return new ShadowAnswer(
                "response-" + pair,
                List.of(Message.user("Hi")),
                new ShadowAnswer.Answer(sha256("two"), "Ho", false),
                new ShadowAnswer.Answer(sha256("one"), "Hum", false));
    }

    @Test
    void loadsTheOneBeforeTooWhereTheNewestIsInMemory() throws Exception {
        // Given
        publish(release("one", APPROVED));
        publish(release("two", APPROVED));
        publish(release("three", APPROVED));

        // When
        Decision decision = instance(Set.of(sha256("three")));

        // Then
        assertThat(decision).isInstanceOfSatisfying(Decision.Run.class, run -> assertThat(
                        run.job().run())
                .isEqualTo(sha256("two").substring(0, 12)));
    }

    @Test
    void whatIsRolledBackMakesRoomAtOnceForTheOneThatIsKeptWarm() {
        // Given
        publish(release("one", APPROVED));
        publish(release("two", APPROVED));
        served.swap(tinyModel("one"));
        served.swap(tinyModel("two"));

        // When
        publish(release("two", ROLLED_BACK));

        // Then
        assertThat(served.share("alignstream", "Ann"))
                .hasValueSatisfying(model -> assertThat(model.sha256()).isEqualTo(sha256("one")));
    }

    @Test
    void keepsTheNewestTwoInMemoryAndFreesTheOthers() {
        // Given
        publish(release("one", APPROVED));
        publish(release("two", APPROVED));
        publish(release("three", APPROVED));
        LoadedModel one = tinyModel("one");
        LoadedModel two = tinyModel("two");
        served.swap(one);
        served.swap(two);

        // When
        served.swap(tinyModel("three"));

        // Then
        assertThat(one.freed()).isTrue();
        assertThat(two.freed()).isFalse();
        assertThat(served.inMemory().sha256s()).containsExactlyInAnyOrder(sha256("two"), sha256("three"));
    }

    @Test
    void aVersionIsServedByItsNameWhileItIsInMemory() {
        // Given
        publish(release("one", APPROVED));
        publish(release("two", APPROVED));
        served.swap(tinyModel("one"));
        served.swap(tinyModel("two"));

        // When
        Set<String> names = served.names().keySet();

        // Then
        assertThat(names)
                .containsExactly(
                        "alignstream",
                        "alignstream:stable",
                        "alignstream:latest",
                        "alignstream:canary",
                        "alignstream@" + sha256("two").substring(0, 12),
                        "alignstream@" + sha256("one").substring(0, 12));
        assertThat(served.share("alignstream@" + sha256("one").substring(0, 12), ""))
                .hasValueSatisfying(model -> assertThat(model.sha256()).isEqualTo(sha256("one")));
        assertThat(served.share("alignstream@" + sha256("three").substring(0, 12), ""))
                .isEmpty();
        assertThat(served.share("stable", "")).isEmpty();
    }

    private static LoadedModel tinyModel() {
        return tinyModel("one");
    }

    private static LoadedModel tinyModel(String run) {
        Tokenizer tokenizer = new BpeTrainer(300).train(java.util.stream.Stream.of("a"));
        try (Transformer network =
                Transformer.initialise(TransformerConfig.of(tokenizer.vocabularySize(), 1, 32, 8), 1)) {
            return new LoadedModel(
                    release(run, APPROVED), new PreparedWeights(network), tokenizer, Engine.Capacity.of(1, 8));
        }
    }

    @Test
    void servesNothingWithoutAnApproval() throws Exception {
        // Given
        publish(release("one", APPROVED));
        publish(release("one", REJECTED));
        publish(new ModelRelease("other", APPROVED, reference("three"), "three", Map.of(), "for the test"));

        // When / Then
        assertThat(freshInstance())
                .isEqualTo(new Decision.Wait(Reason.of("inference.noRelease").with("model", "alignstream")));
    }

    private void publish(ModelRelease release) {
        releases.handle(release, new At(Optional.of(Topic.MODEL_RELEASES.key(release))));
    }

    private Decision freshInstance() throws Exception {
        return instance(Set.of());
    }

    private Decision instance(Set<String> inMemory) throws Exception {
        try (CheckpointStore store =
                CheckpointStore.open(folder.resolve("store").toUri(), folder.resolve("cache"))) {
            return stage(store).decide(new InMemory(inMemory), false);
        }
    }

    private InferenceStage stage(@Nullable CheckpointStore store) {
        return new InferenceStage(
                CONFIG,
                served,
                store,
                new FeedbackTally(),
                releases,
                new HeldOutPrompts(kept),
                shadows,
                SmallRetrieval.off());
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

    /** Where a release stands in the topic. */
    private record At(Optional<String> key) implements Origin {

        @Override
        public int partition() {
            return 0;
        }

        @Override
        public long offset() {
            return 0;
        }

        @Override
        public Optional<String> header(String name) {
            return Optional.empty();
        }
    }

    /** The stage asks a view one thing: what is in memory. */
    private record InMemory(Set<String> sha256s) implements View {

        @Override
        public <T> List<T> newestByKey(Topic<T> topic) {
            return List.of();
        }

        @Override
        public DatasetSnapshot snapshot(Topic<?> topic) {
            return new DatasetSnapshot(topic.name(), List.of());
        }

        @Override
        @SuppressWarnings("unchecked") // the one question
        public <T> T answer(Question<T> question) {
            return (T) new ServedModel.InMemory(sha256s, Set.of());
        }

        @Override
        public long count(Topic<?> topic) {
            return 0;
        }

        @Override
        public Duration quietFor(Topic<?> topic) {
            return Duration.ZERO;
        }
    }
}
