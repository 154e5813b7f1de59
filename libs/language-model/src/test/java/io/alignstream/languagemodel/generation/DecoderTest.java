package io.alignstream.languagemodel.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DecoderTest {

    private static final TransformerConfig CONFIG = new TransformerConfig(9, 2, 24, 4, 2, 40, 40, 10_000, 1e-5, true);
    private static final int[] PROMPT = {1, 4, 2};

    @Test
    void samplesOnlyTheMostProbableTokensThatReachTheShare() {
        try (Transformer model = Transformer.initialise(CONFIG, 3);
                PreparedWeights weights = new PreparedWeights(model)) {
            // Given
            double[] probabilities = probabilities(model);
            Integer[] order = IntStream.range(0, probabilities.length).boxed().toArray(Integer[]::new);
            Arrays.sort(order, Comparator.comparingDouble(id -> -probabilities[id]));
            double share = probabilities[order[0]] + probabilities[order[1]] + probabilities[order[2]] / 2;

            // When
            Set<Integer> sampled =
                    sampled(weights, TokenSampler.atTemperature(1).withTopP(share), 200);

            // Then
            assertThat(sampled).containsExactlyInAnyOrder(order[0], order[1], order[2]);
        }
    }

    @Test
    void shareZeroLeavesTheMostProbableToken() {
        try (Transformer model = Transformer.initialise(CONFIG, 3);
                PreparedWeights weights = new PreparedWeights(model)) {
            // Given
            Set<Integer> greedy = sampled(weights, TokenSampler.atTemperature(0), 3);

            // When
            Set<Integer> sampled =
                    sampled(weights, TokenSampler.atTemperature(1).withTopP(0), 50);

            // Then
            assertThat(sampled).hasSize(1).isEqualTo(greedy);
        }
    }

    @Test
    void tokensBeyondTheCandidatesAreNeverSampled() {
        try (Transformer model = Transformer.initialise(CONFIG, 3);
                PreparedWeights weights = new PreparedWeights(model);
                Decoder decoder = new Decoder(weights, 100, 8, 4)) {
            // When
            Decoder.Tokens next =
                    decoder.next(Collections.nCopies(100, PROMPT), TokenSampler.atTemperature(2), evenly(100));

            // Then
            assertThat(next.ids()).containsOnly(0, 1, 2, 3);
        }
    }

    @Test
    void aRowDoesNotDependOnTheOthers() {
        try (Transformer model = Transformer.initialise(CONFIG, 3);
                PreparedWeights weights = new PreparedWeights(model);
                Decoder alone = new Decoder(weights, 1, 8, 9);
                Decoder together = new Decoder(weights, 3, 8, 9)) {
            // When
            Decoder.Tokens one = alone.next(List.of(PROMPT), TokenSampler.atTemperature(1), new double[] {0.3});
            Decoder.Tokens three = together.next(
                    List.of(new int[] {5, 5, 5, 5, 5}, PROMPT, new int[] {7}),
                    TokenSampler.atTemperature(1),
                    new double[] {0.9, 0.3, 0.1});

            // Then
            assertThat(three.ids()[1]).isEqualTo(one.ids()[0]);
            assertThat(three.logProbabilities()[1])
                    .isCloseTo(one.logProbabilities()[0], org.assertj.core.api.Assertions.within(1e-5));
        }
    }

    @Test
    void preparedWeightsOutliveTheirNetwork() {
        // Given
        Transformer model = Transformer.initialise(CONFIG, 3);
        double[] probabilities = probabilities(model);
        try (PreparedWeights weights = new PreparedWeights(model)) {

            // When
            model.close();
            Decoder.Tokens next;
            try (Decoder decoder = new Decoder(weights, 1, 8, 9)) {
                next = decoder.next(List.of(PROMPT), TokenSampler.atTemperature(0), new double[] {0});
            }

            // Then
            assertThat(probabilities[next.ids()[0]])
                    .isEqualTo(Arrays.stream(probabilities).max().orElseThrow());
        }
    }

    @Test
    void refusesTokensWithoutRoomAndProbabilitiesThatAreNoNumbers() throws Exception {
        Map<String, Tensor> damaged;
        try (Transformer model = Transformer.initialise(CONFIG, 3);
                PreparedWeights weights = new PreparedWeights(model);
                Decoder decoder = new Decoder(weights, 1, 4, 9)) {
            damaged = new LinkedHashMap<>(model.tensors());
            decoder.next(List.of(PROMPT), TokenSampler.atTemperature(1), new double[] {0});
            assertThatThrownBy(() ->
                            decoder.next(List.of(new int[] {1, 2}), TokenSampler.atTemperature(1), new double[] {0}))
                    .hasMessageContaining("2 tokens after 3")
                    .hasMessageContaining("capacity of 4");
        }
        Tensor norm = damaged.get("model.norm.weight");
        float[] nothing = new float[CONFIG.width()];
        Arrays.fill(nothing, Float.NaN);
        damaged.put("model.norm.weight", Tensor.of(nothing, norm.shape()));
        try (Transformer model = Transformer.of(CONFIG, damaged, "test");
                PreparedWeights weights = new PreparedWeights(model);
                Decoder decoder = new Decoder(weights, 1, 4, 9)) {
            assertThatThrownBy(() -> decoder.next(List.of(PROMPT), TokenSampler.atTemperature(1), new double[] {0}))
                    .hasMessageContaining("no numbers");
        }
        assertThatThrownBy(() -> TokenSampler.atTemperature(-1)).hasMessageContaining("-1");
        assertThatThrownBy(() -> TokenSampler.atTemperature(1).withTopP(1.5)).hasMessageContaining("1.5");
    }

    private static Set<Integer> sampled(PreparedWeights weights, TokenSampler sampler, int rows) {
        try (Decoder decoder = new Decoder(weights, rows, 8, 9)) {
            Decoder.Tokens next = decoder.next(Collections.nCopies(rows, PROMPT), sampler, evenly(rows));
            Set<Integer> ids = new HashSet<>();
            Arrays.stream(next.ids()).forEach(ids::add);
            return ids;
        }
    }

    private static double[] evenly(int rows) {
        return IntStream.range(0, rows).mapToDouble(i -> (i + 0.5) / rows).toArray();
    }

    private static double[] probabilities(Transformer model) {
        return IntStream.range(0, CONFIG.vocabularySize())
                .mapToDouble(id -> {
                    int[] row = Arrays.copyOf(PROMPT, PROMPT.length + 1);
                    row[PROMPT.length] = id;
                    return Math.exp(
                            model.logProbabilities(Sequences.packed(List.of(row), -1), 1)[0][PROMPT.length - 1]);
                })
                .toArray();
    }
}
