package io.alignstream.languagemodel.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.generation.TokenSampler.Penalties;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.torch.TorchProgram;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PrimitiveIterator;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class EngineTest {

    private static final TransformerConfig CONFIG = new TransformerConfig(9, 2, 24, 4, 2, 40, 40, 10_000, 1e-5, true);
    private static final TransformerConfig LONG =
            new TransformerConfig(211, 3, 72, 6, 2, 100, 400, 10_000, 1e-5, false);
    private static final int[] PROMPT = {1, 4, 2};

    @Test
    void samplesOnlyTheMostProbableTokensThatReachTheShare() {
        try (Transformer model = Transformer.initialise(CONFIG, 3);
                PreparedWeights weights = new PreparedWeights(model)) {
            // Given
            double[] probabilities = probabilities(model);
            Integer[] order = mostProbable(probabilities);
            double share = probabilities[order[0]] + probabilities[order[1]] + probabilities[order[2]] / 2;

            // When
            List<Integer> sampled =
                    sampled(weights, TokenSampler.atTemperature(1).withTopP(share), 200);

            // Then
            assertThat(sampled).contains(order[0], order[1], order[2]).containsOnly(order[0], order[1], order[2]);
        }
    }

    @Test
    void topKAndMinPLeaveTheOthersOut() {
        try (Transformer model = Transformer.initialise(CONFIG, 3);
                PreparedWeights weights = new PreparedWeights(model)) {
            // Given
            double[] probabilities = probabilities(model);
            Integer[] order = mostProbable(probabilities);
            double third = probabilities[order[2]] / probabilities[order[0]];
            double fourth = probabilities[order[3]] / probabilities[order[0]];

            // When
            List<Integer> topK = sampled(weights, new TokenSampler(1, 1, 2, 0, Penalties.NONE, Map.of()), 200);
            List<Integer> minP =
                    sampled(weights, new TokenSampler(1, 1, 0, (third + fourth) / 2, Penalties.NONE, Map.of()), 200);

            // Then
            assertThat(topK).contains(order[0], order[1]).containsOnly(order[0], order[1]);
            assertThat(minP).contains(order[0], order[1], order[2]).containsOnly(order[0], order[1], order[2]);
        }
    }

    @Test
    void shareZeroLeavesTheMostProbableToken() {
        try (Transformer model = Transformer.initialise(CONFIG, 3);
                PreparedWeights weights = new PreparedWeights(model)) {
            // Given
            int greedy = sampled(weights, TokenSampler.atTemperature(0), 1).getFirst();

            // When
            List<Integer> sampled =
                    sampled(weights, TokenSampler.atTemperature(1).withTopP(0), 50);

            // Then
            assertThat(sampled).containsOnly(greedy);
        }
    }

    @Test
    void biasAndPenaltiesChangeTheLogits() {
        try (Transformer model = Transformer.initialise(CONFIG, 3);
                PreparedWeights weights = new PreparedWeights(model)) {
            // Given
            double[] logs = Arrays.stream(probabilities(model)).map(Math::log).toArray();
            double[] biased = logs.clone();
            biased[7] += 2;
            int favourite = mostProbable(probabilities(model))[0];

            // When
            SampledToken withBias = first(
                    weights, new TokenSampler(1, 1, 0, 0, Penalties.NONE, Map.of(7, 2.0)), 0.5, 9, Optional.empty());
            List<Integer> never =
                    sampled(weights, new TokenSampler(0, 1, 0, 0, Penalties.NONE, Map.of(favourite, -100.0)), 1);
            int[] repeating = answer(weights, new TokenSampler(0, 1, 0, 0, Penalties.NONE, Map.of()), 12);
            int[] penalised = answer(weights, new TokenSampler(0, 1, 0, 0, new Penalties(1, 50, 0), Map.of()), 8);
            int[] frequent = answer(weights, new TokenSampler(0, 1, 0, 0, new Penalties(1, 0, 50), Map.of()), 8);

            // Then
            assertThat(withBias.alternatives()).hasSize(9).allSatisfy(alternative -> assertThat(
                            alternative.logProbability())
                    .isCloseTo(biased[alternative.id()] - logSum(biased), within(1e-4)));
            assertThat(never).doesNotContain(favourite);
            assertThat(Arrays.stream(repeating).distinct().count()).isLessThan(12);
            assertThat(penalised).doesNotHaveDuplicates();
            assertThat(frequent).doesNotHaveDuplicates();
        }
    }

    @Test
    void repetitionPenaltyWeighsOnPromptAndAnswer() {
        try (Transformer model = Transformer.initialise(CONFIG, 3);
                PreparedWeights weights = new PreparedWeights(model)) {
            // When
            int[] answer = answer(weights, new TokenSampler(0, 1, 0, 0, new Penalties(1e6, 0, 0), Map.of()), 1);

            // Then
            double[] probabilities = probabilities(model);
            assertThat(PROMPT).isNotEmpty();
            assertThat(answer[0]).isIn((Object[]) mostProbable(probabilities));
            SampledToken told = first(
                    weights, new TokenSampler(0, 1, 0, 0, new Penalties(1e6, 0, 0), Map.of()), 0, 9, Optional.empty());
            SampledToken plain = first(weights, TokenSampler.atTemperature(0), 0, 9, Optional.empty());
            assertThat(spread(told, PROMPT)).isNotCloseTo(spread(plain, PROMPT), within(1e-3));
        }
    }

    @Test
    void aConstraintLeavesOnlyWhatItAllows() {
        try (Transformer model = Transformer.initialise(CONFIG, 3);
                PreparedWeights weights = new PreparedWeights(model)) {
            // Given
            List<Integer> advanced = new ArrayList<>();
            TokenConstraint even = new TokenConstraint() {
                @Override
                public BitSet allowed() {
                    BitSet allowed = new BitSet();
                    allowed.set(advanced.size() % 2 == 0 ? 5 : 8);
                    return allowed;
                }

                @Override
                public void advance(int token) {
                    advanced.add(token);
                }
            };
            List<SampledToken> tokens = new ArrayList<>();

            // When
            try (Engine engine = new Engine(weights, 9, Engine.Capacity.of(1, 40))) {
                begin(
                        engine,
                        new TextRequest(PROMPT, 4, TokenSampler.atTemperature(1), () -> 0.7, 0, Optional.of(even)));
                while (engine.active() > 0) {
                    engine.step().forEach(written -> tokens.add(written.token()));
                }
            }

            // Then
            assertThat(tokens).extracting(SampledToken::id).containsExactly(5, 8, 5, 8);
            assertThat(tokens)
                    .allSatisfy(token -> assertThat(token.logProbability()).isCloseTo(0, within(1e-6)));
        }
    }

    @Test
    void aConstraintThatFailsEndsItsOwnTextOnly() {
        try (Transformer model = Transformer.initialise(CONFIG, 3);
                PreparedWeights weights = new PreparedWeights(model);
                Engine engine = new Engine(weights, 9, Engine.Capacity.of(2, 40))) {
            // Given
            TokenConstraint broken = new TokenConstraint() {
                private int asked;

                @Override
                public BitSet allowed() {
                    if (asked++ == 2) {
                        throw new IllegalStateException("broken");
                    }
                    BitSet all = new BitSet();
                    all.set(0, 9);
                    return all;
                }

                @Override
                public void advance(int token) {}
            };
            Text failing = engine.start(
                            new TextRequest(PROMPT, 5, TokenSampler.atTemperature(0), () -> 0, 0, Optional.of(broken)))
                    .orElseThrow();
            Text other = engine.start(greedy(PROMPT, 5)).orElseThrow();

            // When
            List<SampledToken> tokens = finish(engine);

            // Then
            assertThat(failing.answer()).hasSize(2);
            assertThat(failing.failure())
                    .get()
                    .extracting(Throwable::getMessage)
                    .isEqualTo("broken");
            assertThat(other.answer()).hasSize(5);
            assertThat(other.failure()).isEmpty();
            assertThat(tokens.stream().filter(token -> !token.isFinite())).hasSize(1);
        }
    }

    @Test
    void tokensBeyondTheCandidatesAreNeverSampled() {
        try (Transformer model = Transformer.initialise(CONFIG, 3);
                PreparedWeights weights = new PreparedWeights(model);
                Engine engine = new Engine(weights, 4, Engine.Capacity.of(100, 8))) {
            // Given
            for (int i = 0; i < 100; i++) {
                double number = (i + 0.5) / 100;
                begin(engine, new TextRequest(PROMPT, 1, TokenSampler.atTemperature(2), () -> number));
            }

            // When
            List<Engine.Written> written = engine.step();

            // Then
            assertThat(written).hasSize(100).extracting(one -> one.token().id()).containsOnly(0, 1, 2, 3);
        }
    }

    @Test
    void aTextIsTheSameAloneAndAmongOthersThatComeAndGo() {
        try (Transformer model = Transformer.initialise(LONG, 5);
                PreparedWeights weights = new PreparedWeights(model)) {
            // Given
            SplittableRandom random = new SplittableRandom(1);
            List<TextRequest> requests =
                    IntStream.range(0, 48).mapToObj(i -> request(random, i)).toList();
            List<List<SampledToken>> alone = requests.stream()
                    .map(request ->
                            together(weights, List.of(copy(request)), 1, 256).getFirst())
                    .toList();

            // When
            List<List<SampledToken>> crowded =
                    together(weights, requests.stream().map(EngineTest::copy).toList(), 32, 128);

            // Then
            assertThat(crowded).isEqualTo(alone);
        }
    }

    @Test
    void speculativeTokensComeInFewerStepsAndChangeNothing() {
        try (Transformer model = Transformer.initialise(LONG, 5);
                PreparedWeights weights = new PreparedWeights(model)) {
            // Given: prompts that repeat themselves, so that there is something to guess
            SplittableRandom random = new SplittableRandom(6);
            List<TextRequest> requests = IntStream.range(0, 10)
                    .mapToObj(i -> {
                        int[] phrase = random.ints(7, 0, 12).toArray();
                        int[] prompt =
                                IntStream.range(0, 100).map(t -> phrase[t % 7]).toArray();
                        TextRequest request = request(random, i);
                        return new TextRequest(
                                prompt,
                                150,
                                new TokenSampler(
                                        i % 2 == 0 ? 0 : 0.2,
                                        1,
                                        0,
                                        0,
                                        request.sampler().penalties(),
                                        Map.of()),
                                request.uniforms(),
                                request.alternatives(),
                                Optional.empty());
                    })
                    .toList();
            for (TextRequest request : requests) {
                List<SampledToken> expected =
                        together(weights, List.of(copy(request)), 1, 256).getFirst();
                try (Engine engine = new Engine(weights, 211, new Engine.Capacity(1, 320, 256, 5))) {
                    begin(engine, copy(request));
                    List<SampledToken> written = new ArrayList<>();
                    int steps = 0;

                    // When
                    while (engine.active() > 0) {
                        engine.step().forEach(one -> written.add(one.token()));
                        steps++;
                    }

                    // Then
                    assertThat(written).isEqualTo(expected);
                    if (request.sampler().temperature() == 0
                            && request.sampler().penalties().equals(Penalties.NONE)
                            && TorchProgram.hasFusedOperators()) {
                        assertThat(steps).isLessThan(120);
                    }
                }
            }
        }
    }

    @Test
    void aPromptThatBeginsLikeAnotherTakesItsBlocks() {
        try (Transformer model = Transformer.initialise(LONG, 5);
                PreparedWeights weights = new PreparedWeights(model)) {
            // Given
            int[] shared = new SplittableRandom(2).ints(200, 0, 211).toArray();
            int[] other = Arrays.copyOf(shared, 210);
            List<SampledToken> fresh;
            try (Engine engine = new Engine(weights, 211, Engine.Capacity.of(2, 400))) {
                fresh = written(engine, new TextRequest(other, 5, TokenSampler.atTemperature(0), () -> 0));
            }
            try (Engine engine = new Engine(weights, 211, Engine.Capacity.of(2, 400))) {
                written(engine, new TextRequest(shared, 5, TokenSampler.atTemperature(0), () -> 0));

                // When
                Text text = engine.start(new TextRequest(other, 5, TokenSampler.atTemperature(0), () -> 0))
                        .orElseThrow();
                int known = text.fed();
                List<SampledToken> again = finish(engine);

                // Then
                assertThat(known).isEqualTo(192);
                assertThat(again).isEqualTo(fresh);
            }
        }
    }

    @Test
    void thereIsRoomAgainWhenATextEnds() {
        try (Transformer model = Transformer.initialise(LONG, 5);
                PreparedWeights weights = new PreparedWeights(model);
                Engine engine = new Engine(weights, 211, new Engine.Capacity(8, 192, 64))) {
            // Given
            SplittableRandom random = new SplittableRandom(4);
            List<Text> first = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                first.add(engine.start(greedy(random.ints(40, 0, 211).toArray(), 10))
                        .orElseThrow());
            }
            engine.step();
            TextRequest next = greedy(random.ints(100, 0, 211).toArray(), 20);

            // When
            Optional<Text> early = engine.start(next);
            engine.end(first.get(0));
            engine.end(first.get(0));
            Optional<Text> between = engine.start(next);
            engine.end(first.get(2));
            Optional<Text> late = engine.start(next);

            // Then
            assertThat(early).isEmpty();
            assertThat(between).isEmpty();
            assertThat(late).isPresent();
            assertThatThrownBy(() -> engine.start(greedy(new int[200], 10))).hasMessageContaining("room of 192");
        }
    }

    @Test
    void blocksOfOldPromptsMakeRoomForNewOnes() {
        try (Transformer model = Transformer.initialise(LONG, 5);
                PreparedWeights weights = new PreparedWeights(model);
                Engine engine = new Engine(weights, 211, new Engine.Capacity(4, 256, 64))) {
            // Given
            SplittableRandom random = new SplittableRandom(4);
            int[] kept = random.ints(130, 0, 211).toArray();
            List<SampledToken> fresh = written(engine, greedy(kept, 4));
            for (int i = 0; i < 5; i++) {
                written(engine, greedy(random.ints(190, 0, 211).toArray(), 4));
            }

            // When
            List<SampledToken> again = written(engine, greedy(kept, 4));

            // Then
            assertThat(again).isEqualTo(fresh);
        }
    }

    @Test
    void logProbabilitiesOfLongTextsAreThoseOfTraining() {
        try (Transformer model = Transformer.initialise(LONG, 5);
                PreparedWeights weights = new PreparedWeights(model);
                Engine engine = new Engine(weights, 211, Engine.Capacity.of(1, 400))) {
            // Given
            int[] prompt = new SplittableRandom(3).ints(150, 0, 211).toArray();
            SplittableRandom random = new SplittableRandom(9);

            // When
            List<SampledToken> answer =
                    written(engine, new TextRequest(prompt, 100, TokenSampler.atTemperature(0.8), random::nextDouble));

            // Then
            int[] row = Arrays.copyOf(prompt, 250);
            for (int i = 0; i < answer.size(); i++) {
                row[150 + i] = answer.get(i).id();
            }
            float[] logs = model.logProbabilities(Sequences.packed(List.of(row), -1), 0.8)[0];
            for (int i = 0; i < answer.size(); i++) {
                assertThat(answer.get(i).logProbability()).isCloseTo(logs[149 + i], within(2e-5));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"BFLOAT16, 0.02", "INT8, 0.05"})
    void smallerNumbersChangeProbabilitiesALittle(WeightFormat format, double difference) {
        TransformerConfig config = new TransformerConfig(211, 3, 128, 4, 2, 192, 400, 10_000, 1e-5, true);
        try (Transformer model = Transformer.initialise(config, 5);
                PreparedWeights exact = new PreparedWeights(model);
                PreparedWeights smaller = new PreparedWeights(model, format)) {
            // Given
            int[] prompt = new SplittableRandom(3).ints(90, 0, 211).toArray();
            TextRequest request =
                    new TextRequest(prompt, 1, TokenSampler.atTemperature(0), () -> 0, 64, Optional.empty());
            SampledToken expected;
            try (Engine engine = new Engine(exact, 211, Engine.Capacity.of(1, 100))) {
                expected = written(engine, request).getFirst();
            }

            // When
            SampledToken rounded;
            try (Engine engine = new Engine(smaller, 211, Engine.Capacity.of(1, 100))) {
                rounded = written(engine, request).getFirst();
            }

            // Then
            assertThat(rounded.alternatives()).isNotEqualTo(expected.alternatives());
            for (SampledToken.Alternative alternative : expected.alternatives().subList(0, 20)) {
                assertThat(log(rounded, alternative.id())).isCloseTo(alternative.logProbability(), within(difference));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = WeightFormat.class,
            names = {"BFLOAT16", "INT8"})
    void aTextIsTheSameInAnyCompanyInSmallerNumbersToo(WeightFormat format) {
        TransformerConfig config = new TransformerConfig(211, 2, 128, 4, 2, 192, 400, 10_000, 1e-5, true);
        try (Transformer model = Transformer.initialise(config, 5);
                PreparedWeights weights = new PreparedWeights(model, format)) {
            // Given
            SplittableRandom random = new SplittableRandom(1);
            List<TextRequest> requests =
                    IntStream.range(0, 12).mapToObj(i -> request(random, i)).toList();
            List<List<SampledToken>> alone = requests.stream()
                    .map(request ->
                            together(weights, List.of(copy(request)), 1, 256).getFirst())
                    .toList();

            // When
            List<List<SampledToken>> crowded =
                    together(weights, requests.stream().map(EngineTest::copy).toList(), 12, 128);

            // Then
            assertThat(crowded).isEqualTo(alone);
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
            int next = sampled(weights, TokenSampler.atTemperature(0), 1).getFirst();

            // Then
            assertThat(next).isEqualTo(mostProbable(probabilities)[0]);
        }
    }

    @Test
    void refusesWhatDoesNotFitAndProbabilitiesThatAreNoNumbers() throws Exception {
        Map<String, Tensor> damaged;
        try (Transformer model = Transformer.initialise(CONFIG, 3);
                PreparedWeights weights = new PreparedWeights(model);
                Engine engine = new Engine(weights, 9, Engine.Capacity.of(1, 40))) {
            damaged = new LinkedHashMap<>(model.tensors());
            assertThatThrownBy(() -> engine.start(greedy(PROMPT, 38)))
                    .hasMessageContaining("3 tokens")
                    .hasMessageContaining("40 positions");
            assertThatThrownBy(() -> new Engine(weights, 10, Engine.Capacity.of(1, 40)))
                    .hasMessageContaining("10");
        }
        Tensor norm = damaged.get("model.norm.weight");
        float[] nothing = new float[CONFIG.width()];
        Arrays.fill(nothing, Float.NaN);
        damaged.put("model.norm.weight", Tensor.of(nothing, norm.shape()));
        try (Transformer model = Transformer.of(CONFIG, damaged, "test");
                PreparedWeights weights = new PreparedWeights(model);
                Engine engine = new Engine(weights, 9, Engine.Capacity.of(1, 40))) {
            begin(engine, greedy(PROMPT, 3));
            assertThat(engine.step())
                    .singleElement()
                    .satisfies(one -> assertThat(one.token().isFinite()).isFalse());
            assertThat(engine.active()).isZero();
            assertThatThrownBy(
                            () -> new AnswerSampler(1, 3, 0).sample(weights, List.of(PROMPT), new SplittableRandom(1)))
                    .hasMessageContaining("no numbers");
        }
        assertThatThrownBy(() -> TokenSampler.atTemperature(-1)).hasMessageContaining("-1");
        assertThatThrownBy(() -> TokenSampler.atTemperature(1).withTopP(1.5)).hasMessageContaining("1.5");
    }

    private static TextRequest greedy(int[] prompt, int maxTokens) {
        return new TextRequest(prompt, maxTokens, TokenSampler.atTemperature(0), () -> 0);
    }

    /** Prompts of all lengths, half of them with a beginning in common, with all kinds of samplers. */
    private static TextRequest request(SplittableRandom random, int i) {
        int[] prompt = random.ints(random.nextInt(1, 220), 0, 211).toArray();
        if (i % 2 == 0) {
            for (int t = 0; t < Math.min(prompt.length, 150); t++) {
                prompt[t] = t;
            }
        }
        TokenSampler sampler =
                switch (i % 5) {
                    case 0 -> TokenSampler.atTemperature(0);
                    case 1 -> TokenSampler.atTemperature(0.9);
                    case 2 -> TokenSampler.atTemperature(1).withTopP(0.9);
                    case 3 -> new TokenSampler(1.2, 1, 20, 0.05, new Penalties(1.1, 0.2, 0.1), Map.of(5, 1.0));
                    default -> new TokenSampler(1, 0.95, 50, 0, Penalties.NONE, Map.of());
                };
        return new TextRequest(prompt, random.nextInt(1, 90), sampler, () -> i, i % 3 == 0 ? 4 : 0, Optional.empty());
    }

    /** The same with numbers of its own. */
    private static TextRequest copy(TextRequest request) {
        SplittableRandom random = new SplittableRandom((long) request.uniforms().getAsDouble());
        return new TextRequest(
                request.prompt(),
                request.maxTokens(),
                request.sampler(),
                random::nextDouble,
                request.alternatives(),
                request.constraint());
    }

    /** What all of them become, as many at once as there is room for. */
    private static List<List<SampledToken>> together(
            PreparedWeights weights, List<TextRequest> requests, int texts, int promptTokens) {
        Map<Text, List<SampledToken>> written = new LinkedHashMap<>();
        Deque<TextRequest> waiting = new ArrayDeque<>(requests);
        try (Engine engine = new Engine(weights, 211, new Engine.Capacity(texts, texts * 320L, promptTokens))) {
            while (!waiting.isEmpty() || engine.active() > 0) {
                // one newcomer a step, so that all are at different places
                if (!waiting.isEmpty()) {
                    engine.start(waiting.peek()).ifPresent(text -> {
                        written.put(text, new ArrayList<>());
                        waiting.remove();
                    });
                }
                engine.step().forEach(one -> written.get(one.text()).add(one.token()));
            }
        }
        return List.copyOf(written.values());
    }

    private static List<SampledToken> written(Engine engine, TextRequest request) {
        begin(engine, request);
        return finish(engine);
    }

    private static void begin(Engine engine, TextRequest request) {
        assertThat(engine.start(request)).isPresent();
    }

    private static List<SampledToken> finish(Engine engine) {
        List<SampledToken> tokens = new ArrayList<>();
        while (engine.active() > 0) {
            engine.step().forEach(one -> tokens.add(one.token()));
        }
        return tokens;
    }

    private static SampledToken first(
            PreparedWeights weights,
            TokenSampler sampler,
            double number,
            int alternatives,
            Optional<TokenConstraint> constraint) {
        try (Engine engine = new Engine(weights, 9, Engine.Capacity.of(1, 40))) {
            return written(engine, new TextRequest(PROMPT, 1, sampler, () -> number, alternatives, constraint))
                    .getFirst();
        }
    }

    private static int[] answer(PreparedWeights weights, TokenSampler sampler, int tokens) {
        try (Engine engine = new Engine(weights, 9, Engine.Capacity.of(1, 40))) {
            return written(engine, new TextRequest(PROMPT, tokens, sampler, () -> 0)).stream()
                    .mapToInt(SampledToken::id)
                    .toArray();
        }
    }

    private static List<Integer> sampled(PreparedWeights weights, TokenSampler sampler, int texts) {
        try (Engine engine = new Engine(weights, 9, Engine.Capacity.of(texts, 8))) {
            for (int i = 0; i < texts; i++) {
                PrimitiveIterator.OfDouble number = Collections.nCopies(1, (i + 0.5) / texts).stream()
                        .mapToDouble(value -> value)
                        .iterator();
                begin(engine, new TextRequest(PROMPT, 1, sampler, number::nextDouble));
            }
            return engine.step().stream().map(one -> one.token().id()).toList();
        }
    }

    /** Log probability of the first of the prompt's tokens against that of a token that it does not hold. */
    private static double spread(SampledToken told, int[] prompt) {
        return log(told, prompt[0]) - log(told, 0);
    }

    private static double log(SampledToken told, int id) {
        return told.alternatives().stream()
                .filter(alternative -> alternative.id() == id)
                .findFirst()
                .orElseThrow()
                .logProbability();
    }

    private static double logSum(double[] logs) {
        return Math.log(Arrays.stream(logs).map(Math::exp).sum());
    }

    private static Integer[] mostProbable(double[] probabilities) {
        Integer[] order = IntStream.range(0, probabilities.length).boxed().toArray(Integer[]::new);
        Arrays.sort(order, Comparator.comparingDouble(id -> -probabilities[id]));
        return order;
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
