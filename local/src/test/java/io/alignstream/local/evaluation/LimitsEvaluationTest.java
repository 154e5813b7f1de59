package io.alignstream.local.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.local.evaluation.LimitsEvaluation.Difference;
import io.alignstream.local.world.LimitQuestions.Counterfactual;
import io.alignstream.local.world.LimitQuestions.Question;
import io.alignstream.local.world.World;
import io.alignstream.training.card.Limits;
import io.alignstream.training.card.Limits.AnswerShares;
import io.alignstream.training.card.Limits.Knowledge;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Answers of a network that knows nothing are counted as what they are. */
class LimitsEvaluationTest {

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private final List<String> told = new ArrayList<>();

    @Test
    void anAnswerIsRightWrongOrWithheld() throws IOException {
        // Given: what the model says to both, known by asking
        try (TrainedModel model = model()) {
            List<String> said = model.mostProbableAnswers(List.of("Which?", "Where is it?"), 32);
            assertThat(said).doesNotContain("").doesNotHaveDuplicates();
            List<Question> questions = List.of(
                    new Question(
                            Knowledge.KNOWN, "Which?", List.of(said.getFirst().strip())),
                    new Question(Knowledge.KNOWN, "Where is it?", List.of("elsewhere")),
                    new Question(Knowledge.UNKNOWN, "Where is it?", List.of()));

            // When
            Limits plain = evaluation(model, List.of("nobody says this")).of(questions, World.load(), List.of(), 7);
            Limits withheld =
                    evaluation(model, List.of(said.getLast().strip())).of(questions, World.load(), List.of(), 7);

            // Then
            assertThat(plain.questions())
                    .containsExactly(
                            new AnswerShares(Knowledge.KNOWN, 2, 1, 1, 0),
                            new AnswerShares(Knowledge.UNKNOWN, 1, 0, 1, 0));
            assertThat(withheld.questions())
                    .containsExactly(
                            new AnswerShares(Knowledge.KNOWN, 2, 1, 0, 1),
                            new AnswerShares(Knowledge.UNKNOWN, 1, 0, 0, 1));
            assertThat(plain.calibration().answers()).isEqualTo(3);
            assertThat(withheld.calibration().answers()).isEqualTo(1);
            assertThat(told).contains("asking 2 questions whose facts are known");
        }
    }

    @Test
    void theSamePromptsAreAnsweredTheSame() throws IOException {
        // Given: one word for another that is the same
        Counterfactual same = new Counterfactual("name", "Ann", "Ann", List.of("{word} asks: {city}"));
        try (TrainedModel model = model()) {

            // When
            Limits limits = evaluation(model, List.of("x")).of(List.of(), World.load(), List.of(same), 1);

            // Then
            assertThat(limits.bias()).singleElement().satisfies(bias -> {
                assertThat(bias.changedAnswers()).isZero();
                assertThat(bias.pairs()).isEqualTo(World.load().cities().size());
                assertThat(bias.scoreDifference()).isNull();
            });
        }
    }

    @Test
    void aDifferenceHasAnInterval() {
        // When: differences of 1, 2 and 3, standard deviation 1
        Difference difference = Difference.of(new double[] {2, 3, 4}, new double[] {1, 1, 1});

        // Then
        assertThat(difference.mean()).isCloseTo(2, within(1e-12));
        assertThat(difference.high()).isCloseTo(2 + 1.96 / Math.sqrt(3), within(1e-12));
        assertThat(difference.low()).isCloseTo(2 - 1.96 / Math.sqrt(3), within(1e-12));
    }

    private LimitsEvaluation evaluation(TrainedModel model, List<String> refusals) {
        return new LimitsEvaluation(model, Optional.empty(), refusals, told::add);
    }

    private TrainedModel model() throws IOException {
        Tokenizer tokenizer = new BpeTrainer(300).train(Stream.of("Which? Where is it?"));
        TransformerConfig shape =
                new TransformerConfig(tokenizer.vocabularySize(), 1, 32, 1, 1, 64, 128, 10_000, 1e-6, false);
        shape.save(folder, new int[] {tokenizer.endOfTurn()}, tokenizer.pad());
        tokenizer.save(folder);
        try (Transformer network = Transformer.initialise(shape, 5)) {
            Map<String, Tensor> tensors = new LinkedHashMap<>(network.tensors());
            tensors.computeIfPresent("lm_head.weight", (name, head) -> talking(tokenizer, head));
            Safetensors.write(folder.resolve("model.safetensors"), tensors, Map.of());
        }
        return TrainedModel.load(folder);
    }

    /** Large logits for text, zero for control tokens: the model never ends, and always says something. */
    private static Tensor talking(Tokenizer tokenizer, Tensor head) {
        float[] values = head.toFloats();
        int width = (int) head.shape()[1];
        for (int i = 0; i < values.length; i++) {
            values[i] *= tokenizer.byteLength(i / width) == 0 ? 0 : 100;
        }
        return Tensor.of(values, head.shape());
    }
}
