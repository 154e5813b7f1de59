package io.alignstream.local.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.local.world.EvaluationSet;
import io.alignstream.local.world.World;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainedModelTest {

    private static final List<String> CANDIDATES = List.of("熊猫基地", "宽窄巷子", "火锅");

    @TempDir
    Path folder;

    @Test
    void asksAnUntrainedModelLikeATrainedOne() throws Exception {
        // Given
        save(folder);
        try (TrainedModel model = TrainedModel.load(folder)) {

            // When
            double[] continued = model.continuations("成都必去景点：", CANDIDATES);
            double[] answered = model.answers("成都必去景点", CANDIDATES);
            List<String> written = model.mostProbableAnswers(List.of("成都必去景点", "你好"), 4);

            // Then: far from certain of anything, yet proper probabilities
            assertThat(boxed(continued)).hasSize(3).allMatch(log -> log < -2 && log > -200);
            assertThat(boxed(answered)).hasSize(3).allMatch(log -> log < -2 && log > -200);
            assertThat(written).hasSize(2);
            assertThat(Evaluation.normalised(CANDIDATES, answered).values().stream()
                            .mapToDouble(p -> p)
                            .sum())
                    .isCloseTo(1, within(1e-9));
        }
    }

    @Test
    void leavesOutStagesWithoutAModel() throws Exception {
        // Given
        save(folder);
        EvaluationSet set = EvaluationSet.of(World.load());
        try (TrainedModel model = TrainedModel.load(folder)) {

            // When
            Evaluation evaluation = Evaluation.of(set, Map.of("base", model), Optional.empty());

            // Then
            assertThat(evaluation.associationTable()).hasSize(1).allSatisfy(row -> assertThat(
                            row.probabilities().keySet())
                    .containsExactlyElementsOf(set.candidates()));
            assertThat(evaluation.splits())
                    .allSatisfy(split -> assertThat(split.answerAccuracy()).isEmpty());
        }
    }

    @Test
    void samplesFromTheModelsOwnDistribution() throws Exception {
        // Given
        save(folder);
        try (TrainedModel model = TrainedModel.load(folder)) {

            // When
            List<String> drawn = model.sampledAnswers("成都必去景点", 100, 1, 4, 1);

            // Then: an untrained model says many things, the same ones for the same seed
            assertThat(drawn).hasSize(100);
            assertThat(Evaluation.counted(drawn)).hasSizeGreaterThan(10);
            assertThat(model.sampledAnswers("成都必去景点", 100, 1, 4, 1)).isEqualTo(drawn);
            assertThat(model.sampledAnswers("成都必去景点", 100, 1, 4, 2)).isNotEqualTo(drawn);
        }
    }

    @Test
    void countsTheMostFrequentAnswerFirst() {
        assertThat(Evaluation.counted(List.of("b", "a", "c", "c")).sequencedEntrySet())
                .extracting(entry -> entry.getKey() + entry.getValue())
                .containsExactly("c2", "a1", "b1");
    }

    private static List<Double> boxed(double[] values) {
        return Arrays.stream(values).boxed().toList();
    }

    private static void save(Path folder) throws Exception {
        Tokenizer tokenizer = new BpeTrainer(320)
                .train(List.of("成都必去景点：熊猫基地", "成都必去景点：宽窄巷子", "火锅").iterator());
        tokenizer.save(folder);
        TransformerConfig config = TransformerConfig.of(tokenizer.vocabularySize(), 1, 32, 192);
        try (Transformer transformer = Transformer.initialise(config, 1)) {
            config.save(folder, new int[] {tokenizer.endOfTurn()}, tokenizer.pad());
            Safetensors.write(folder.resolve("model.safetensors"), transformer.tensors(), Map.of());
        }
    }
}
