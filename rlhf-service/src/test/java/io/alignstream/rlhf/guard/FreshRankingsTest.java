package io.alignstream.rlhf.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.Message;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.network.RewardEnsemble;
import io.alignstream.languagemodel.network.RewardModel;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.rlhf.MemoryTopics;
import io.alignstream.rlhf.TinyParents;
import io.alignstream.training.Lineage;
import io.alignstream.training.TrainingRuns;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FreshRankingsTest {

    private static final List<Message> QUESTION = List.of(Message.user("必去景点"));
    private static final List<String> ANSWERS = List.of("熊猫基地。", "故宫。");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private final MemoryTopics topics = new MemoryTopics();
    private final FreshRankings rankings = new FreshRankings();

    @SuppressWarnings("NullAway.Init")
    private RewardModel model;

    @BeforeEach
    void open() {
        model = model(2);
        rankings.subscribe(topics);
    }

    private static RewardModel model(long seed) {
        Transformer network =
                Transformer.initialise(TransformerConfig.of(TinyParents.TOKENIZER.vocabularySize(), 1, 32, 48), seed);
        network.addHead(seed);
        return new RewardModel(network, 0);
    }

    @AfterEach
    void close() {
        model.close();
    }

    @Test
    void onlyWhatCameAfterTrainingCounts() throws IOException {
        // Given: learned up to offset 2; then two that the model would rank alike, one otherwise, one of no known
        // request
        topics.publish(Topic.RANKING_REQUESTS, new RankingRequest("q", QUESTION, ANSWERS, null, Map.of()));
        rank("q", "early", false);
        rank("q", "also-early", false);
        rank("q", "ann", true);
        rank("q", "ben", true);
        rank("q", "cam", false);
        rank("unknown", "dan", false);

        // When
        Map<String, Double> figures = rankings.figures(trained(2), RewardEnsemble.of(model), TinyParents.TOKENIZER);

        // Then
        assertThat(figures)
                .containsOnly(
                        Map.entry("freshRankings/accuracy", 2 / 3.0),
                        Map.entry("freshRankings/pairs", 3.0),
                        Map.entry("pairAccuracy", 0.9));
    }

    @Test
    void withoutFreshOnesThereIsNothingToSay() throws IOException {
        // Given
        topics.publish(Topic.RANKING_REQUESTS, new RankingRequest("q", QUESTION, ANSWERS, null, Map.of()));
        rank("q", "early", false);

        // When
        Map<String, Double> figures = rankings.figures(trained(1), RewardEnsemble.of(model), TinyParents.TOKENIZER);

        // Then
        assertThat(figures).isEmpty();
    }

    @Test
    void theMeanOfTheModelsCountsAsInTheAccuracyThatItIsComparedWith() throws IOException {
        // Given: people rank as the mean does; a policy is rewarded by where the models agree
        RewardModel other = model(3);
        RewardEnsemble mean = ensemble(other, RewardEnsemble.Combination.MEAN);
        RewardEnsemble cautious = ensemble(other, new RewardEnsemble.Combination(100, Map.of()));
        List<String> answers = List.of("熊猫", "故宫", "兵马俑", "成都", "西安必去", "北京", "景点。", "基地");
        double[] scores = mean.scores(rows(answers));
        topics.publish(Topic.RANKING_REQUESTS, new RankingRequest("q", QUESTION, answers, null, Map.of()));
        topics.publish(
                Topic.RANKINGS,
                new Ranking(
                        "q",
                        "ann",
                        IntStream.range(0, scores.length)
                                .boxed()
                                .sorted(Comparator.comparingDouble((Integer answer) -> scores[answer])
                                        .reversed())
                                .map(List::of)
                                .toList(),
                        List.of(),
                        List.of(),
                        "v1"));

        // When
        Map<String, Double> figures;
        try (other) {
            figures = rankings.figures(trained(0), cautious, TinyParents.TOKENIZER);
        }

        // Then
        assertThat(figures.get("freshRankings/accuracy")).isCloseTo(1, within(1e-9));
        assertThat(figures.get("freshRankings/pairs"))
                .as("eight answers in an order say seven things, not 28")
                .isCloseTo(7, within(1e-9));
    }

    private RewardEnsemble ensemble(RewardModel other, RewardEnsemble.Combination combination) {
        return new RewardEnsemble(
                List.of(new RewardEnsemble.Member("", model), new RewardEnsemble.Member("", other)), combination);
    }

    @Test
    void theSampleIsBounded() throws IOException {
        // Given
        topics.publish(Topic.RANKING_REQUESTS, new RankingRequest("q", QUESTION, ANSWERS, null, Map.of()));
        for (int i = 0; i < 300; i++) {
            rank("q", "w" + i, true);
        }

        // When
        Map<String, Double> figures = rankings.figures(trained(0), RewardEnsemble.of(model), TinyParents.TOKENIZER);

        // Then
        assertThat(figures).containsEntry("freshRankings/pairs", 256.0).containsEntry("freshRankings/accuracy", 1.0);
    }

    /** A ranking in the order of the model's scores, or in the other one. */
    private void rank(String request, String annotator, boolean asTheModel) {
        double[] scores = model.scores(rows(ANSWERS));
        int better = (scores[0] > scores[1]) == asTheModel ? 0 : 1;
        topics.publish(
                Topic.RANKINGS,
                new Ranking(
                        request, annotator, List.of(List.of(better), List.of(1 - better)), List.of(), List.of(), "v1"));
    }

    private static List<int[]> rows(List<String> answers) {
        return answers.stream()
                .map(answer -> ChatTemplate.conversation(TinyParents.TOKENIZER, QUESTION, answer)
                        .ids())
                .toList();
    }

    private Manifest trained(long learned) throws IOException {
        try (CheckpointStore store = CheckpointStore.open(folder.toUri(), folder)) {
            Reference reference = new TrainingRuns(store, Stage.REWARD)
                    .of(
                            Lineage.NONE,
                            List.of(new DatasetSnapshot("rankings", List.of(new PartitionRange(0, 0, learned)))),
                            Map.of())
                    .save(
                            1,
                            true,
                            Map.of(),
                            Map.of("pairAccuracy", 0.9),
                            Map.of(),
                            Set.of(),
                            saved -> TinyParents.TOKENIZER.save(saved));
            return store.open(reference).manifest();
        }
    }
}
