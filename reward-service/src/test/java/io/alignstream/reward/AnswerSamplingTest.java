package io.alignstream.reward;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Prompt;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.reward.desk.At;
import io.alignstream.reward.desk.DistinctAnswers;
import io.alignstream.reward.desk.Question;
import io.alignstream.reward.desk.RankingDesk;
import io.alignstream.stageruntime.JobContext;
import io.alignstream.stageruntime.kept.KeptState;
import io.alignstream.training.memory.MemoryPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnswerSamplingTest {

    private final KeptState kept = KeptState.temporary();
    private final RankingDesk desk = new RankingDesk(1, Duration.ofMinutes(1), 0, InstantSource.system(), kept);
    private final Recording context = new Recording();
    private final AskedQuestions asked = new AskedQuestions(kept);

    @AfterEach
    void closeState() {
        kept.close();
    }

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private CheckpointStore store;

    @SuppressWarnings("NullAway.Init")
    private Checkpoint sft;

    @BeforeEach
    void open() throws IOException {
        store = CheckpointStore.open(folder.toUri(), folder);
        sft = TinySft.save(store, 1);
    }

    @AfterEach
    void close() throws IOException {
        store.close();
    }

    @Test
    void answersAreDifferentAndWhatTheLimitCutsOffIsMarked() throws IOException {
        // Given
        AnswerSampling sampling = sampling(1);

        // When
        sampling.execute(context);

        // Then
        assertThat(context.requests).hasSize(2).allSatisfy(request -> {
            assertThat(DistinctAnswers.of(request.answers()).count())
                    .isEqualTo(request.answers().size())
                    .isBetween(2, 4);
            assertThat(request.answers()).noneMatch(String::isBlank);
        });
        long marked = context.requests.stream()
                .map(request -> request.tags().get(Question.TRUNCATED))
                .mapToLong(tag -> tag == null ? 0 : tag.split(" ").length)
                .sum();
        assertThat(marked).isPositive();
        assertThat(context.figures).containsEntry("truncatedAnswers", (double) marked);
        assertThat(desk.progress().alike()).isZero();
    }

    @Test
    void aPromptWithOneAnswerOnlyIsReplacedByAnotherOne() throws IOException {
        // Given
        sampling(0).execute(context);

        // When
        sampling(0).execute(context);

        // Then: two were to be asked, two more were tried in their place, and that is all
        assertThat(context.requests).isEmpty();
        assertThat(context.figures).containsEntry("promptsWithoutTwoAnswers", 2.0);
        assertThat(desk.progress().alike()).isEqualTo(4);
        assertThat(sampling(0).isEmpty()).isTrue();
    }

    @Test
    void aPromptThatLeavesNoRoomIsCountedAsThat() throws IOException {
        // Given
        List<Prompt> prompts = new ArrayList<>(TinySft.prompts(8));
        prompts.addFirst(new Prompt("long", List.of(Message.user("好".repeat(1_000))), Map.of()));
        AnswerSampling sampling = AnswerSampling.of(
                new TwoPrompts(1, "random"), 1, store, sft, Optional.empty(), listed(prompts), asked, desk);

        // When
        sampling.execute(context);

        // Then
        assertThat(context.figures)
                .containsEntry("promptsWithoutRoom", 1.0)
                .containsEntry("promptsWithoutTwoAnswers", 0.0);
    }

    @Test
    void whatIsNeededIsSaidBeforeAndNotOfPromptsThatAreLeftOut() throws IOException {
        // Given: one that is longer than all positions of the model
        sampling(1).execute(context);
        List<Prompt> prompts = new ArrayList<>(TinySft.prompts(8));
        prompts.addFirst(new Prompt("a", List.of(Message.user("必".repeat(60))), Map.of()));
        Recording other = new Recording();
        AnswerSampling sampling = AnswerSampling.of(
                new TwoPrompts(1, "random", 3),
                1,
                store,
                sft,
                Optional.empty(),
                listed(prompts),
                new AskedQuestions(kept),
                new RankingDesk(1, Duration.ofMinutes(1), 0, InstantSource.system(), kept));

        // When
        sampling.execute(other);

        // Then
        assertThat(other.planned).singleElement().satisfies(plan -> {
            assertThat(plan.parts()).containsKeys("frozen", "prepared", "cache", "files");
            assertThat(plan.parts()).isEqualTo(context.planned.getFirst().parts());
        });
    }

    @Test
    void onceAModelHasLearnedWhatPeopleSaidAsManyOthersAreAsked() throws Exception {
        // Given: both requests are ranked, and learned
        sampling(1).execute(context);
        List<RankingRequest> first = List.copyOf(context.requests);
        for (int i = 0; i < first.size(); i++) {
            RankingRequest request = first.get(i);
            desk.add(request);
            desk.add(
                    new Ranking(
                            request.requestId(),
                            "ann",
                            List.of(IntStream.range(0, request.answers().size())
                                    .boxed()
                                    .toList()),
                            List.of(),
                            List.of(),
                            "v1"),
                    new At(i));
        }
        boolean anybodyIsAskedBefore = !sampling(1).isEmpty();
        desk.await(new RankingDesk.Training(
                List.of(new DatasetSnapshot("rankings", List.of(new DatasetSnapshot.PartitionRange(0, 0, 2)))),
                2,
                OptionalDouble.empty()));

        // When
        sampling(1).execute(context);

        // Then
        assertThat(anybodyIsAskedBefore).isFalse();
        assertThat(context.requests)
                .hasSize(4)
                .extracting(RankingRequest::requestId)
                .doesNotHaveDuplicates();
    }

    @Test
    void whatUsersDislikedIsAskedFirstAndBesides() throws IOException {
        // Given
        List<Prompt> prompts = new ArrayList<>(TinySft.prompts(8));
        Prompt disliked = new Prompt("z", List.of(Message.user("成都")), Map.of("source", "feedback"));
        prompts.add(disliked);
        AnswerSampling sampling = AnswerSampling.of(
                new TwoPrompts(1, "random"), 1, store, sft, Optional.empty(), listed(prompts), asked, desk);

        // When
        sampling.execute(context);

        // Then
        assertThat(context.requests).hasSize(3);
        assertThat(context.requests.getFirst().messages()).isEqualTo(disliked.messages());
        assertThat(context.requests.getFirst().tags()).containsEntry("source", "feedback");
    }

    @Test
    void activeSelectionAsksWhatNobodyWasAskedAndWhatTheModelsAreLeastSureOf() throws IOException {
        // Given: a reward model, and two of eight prompts that people were asked before
        Checkpoint reward = TinySft.saveReward(store, 3);
        List<Prompt> prompts = TinySft.prompts(8);
        prompts.subList(0, 2)
                .forEach(prompt -> asked.add(new RankingRequest(
                        "before-" + prompt.id(), prompt.messages(), List.of("a", "b"), null, Map.of())));
        AnswerSampling sampling = AnswerSampling.of(
                new TwoPrompts(1, "active"), 1, store, sft, Optional.of(reward), listed(prompts), asked, desk);

        // When
        sampling.execute(context);

        // Then: the two least certain of all answered ones that are not covered
        assertThat(context.requests).hasSize(2);
        assertThat(context.steps).isEqualTo(8);
        Map<String, Double> uncertainty = uncertainty(reward, prompts);
        List<String> expected = uncertainty.entrySet().stream()
                .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
                .limit(2)
                .map(Map.Entry::getKey)
                .toList();
        assertThat(context.requests)
                .extracting(request -> request.messages().getLast().content())
                .isEqualTo(expected);
    }

    /** By question, of the answers that random selection would ask, for what is not covered. */
    private Map<String, Double> uncertainty(Checkpoint reward, List<Prompt> prompts) throws IOException {
        Recording all = new Recording();
        AnswerSampling.of(
                        new TwoPrompts(1, "random", 8),
                        1,
                        store,
                        sft,
                        Optional.empty(),
                        listed(prompts.subList(2, 8)),
                        new AskedQuestions(kept),
                        new RankingDesk(1, Duration.ofMinutes(1), 0, InstantSource.system(), kept))
                .execute(all);
        Map<String, Double> uncertainty = new HashMap<>();
        try (RankingUncertainty models =
                RankingUncertainty.load(store.open(reward.reference()).folder())) {
            for (RankingRequest request : all.requests) {
                uncertainty.put(
                        request.messages().getLast().content(),
                        models.of(request.answers().stream()
                                .map(answer -> ChatTemplate.conversation(TinySft.TOKENIZER, request.messages(), answer)
                                        .ids())
                                .toList()));
            }
        }
        return uncertainty;
    }

    private AnswerSampling sampling(double temperature) {
        return AnswerSampling.of(
                new TwoPrompts(temperature, "active"),
                1,
                store,
                sft,
                Optional.empty(),
                listed(TinySft.prompts(8)),
                asked,
                desk);
    }

    /** Four answers of up to six tokens to two prompts; at temperature 0 always the same one. */
    private record TwoPrompts(double temperature, String selection, int prompts) implements RewardConfig.Sampling {

        TwoPrompts(double temperature, String selection) {
            this(temperature, selection, 2);
        }

        @Override
        public int candidates() {
            return 4;
        }

        @Override
        public int answers() {
            return 4;
        }

        @Override
        public int maxAnswerTokens() {
            return 6;
        }
    }

    private static final class Recording implements JobContext {

        private final List<RankingRequest> requests = new ArrayList<>();
        private final Map<String, Double> figures = new HashMap<>();
        private final List<MemoryPlan> planned = new ArrayList<>();
        private long steps;

        @Override
        public boolean stopRequested() {
            return false;
        }

        @Override
        public void stop() {}

        @Override
        public void progress(String phase, long step, long totalSteps, Map<String, Double> metrics) {
            figures.putAll(metrics);
            steps = step;
        }

        @Override
        public void planned(MemoryPlan memory) {
            planned.add(memory);
        }

        @Override
        public void healed(Reason what) {}

        @Override
        public <T> void publish(Topic<T> topic, T event) {
            requests.add((RankingRequest) event);
        }

        @Override
        public <T> Stream<Entry<T>> read(Topic<T> topic, DatasetSnapshot snapshot) {
            return Stream.empty();
        }
    }

    /** In the order of the list. */
    private AnswerSampling.Prompts listed(List<Prompt> prompts) {
        return new AnswerSampling.Prompts() {
            @Override
            public void sent(boolean disliked, Consumer<RankingDesk.Fate> each) {
                those(disliked)
                        .map(this::fate)
                        .filter(fate -> fate != RankingDesk.Fate.OPEN)
                        .forEach(each);
            }

            @Override
            public void open(boolean disliked, Predicate<Prompt> more) {
                Iterator<Prompt> open = those(disliked)
                        .filter(prompt -> fate(prompt) == RankingDesk.Fate.OPEN)
                        .iterator();
                boolean goOn = true;
                while (goOn && open.hasNext()) {
                    goOn = more.test(open.next());
                }
            }

            private Stream<Prompt> those(boolean disliked) {
                return prompts.stream().filter(prompt -> AnswerSampling.isDisliked(prompt) == disliked);
            }

            private RankingDesk.Fate fate(Prompt prompt) {
                return desk.fate(AnswerSampling.requestId(sft.reference(), prompt));
            }
        };
    }
}
