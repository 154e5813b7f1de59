package io.alignstream.inference.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.metrics.Metric;
import io.alignstream.inference.LoadedModel;
import io.alignstream.inference.SmallService;
import io.alignstream.languagemodel.generation.Engine;
import io.alignstream.languagemodel.generation.PreparedWeights;
import io.alignstream.languagemodel.generation.TokenSampler;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.stageruntime.metrics.Meters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The loop with a real model, many requests at once. */
@Timeout(120)
class InferenceLoopTest {

    private static final Duration MOMENT = Duration.ofMillis(50);
    private static final int POSITIONS = 2_000;

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private LoadedModel model;

    @BeforeEach
    void loadTheModel() {
        model = load(16_384);
    }

    private static LoadedModel load(long room) {
        Tokenizer tokenizer =
                new BpeTrainer(300).train(Stream.of("one two three", "two three four", "three four five"));
        try (Transformer network =
                Transformer.initialise(TransformerConfig.of(tokenizer.vocabularySize(), 2, 64, POSITIONS), 1)) {
            return new LoadedModel(
                    release(), new PreparedWeights(network), tokenizer, new Engine.Capacity(32, room, 128));
        }
    }

    @AfterEach
    void freeTheModel() {
        model.giveBack();
        assertThat(model.freed()).isTrue();
    }

    @Test
    void anAnswerIsTheSameAloneAndAmongOthers() throws InterruptedException {
        // Given
        Generations generations = generations(32, 64);
        List<Generation.End> alone = new ArrayList<>();
        for (int i = 0; i < 32; i++) {
            alone.add(end(generations.start(model.share(), prompt(i), decoding(i, 40))));
        }

        // When
        List<Generation> together = IntStream.range(0, 32)
                .mapToObj(i -> generations.start("client" + i % 3, model.share(), prompt(i), decoding(i, 40), 0))
                .toList();

        // Then
        for (int i = 0; i < 32; i++) {
            assertThat(end(together.get(i))).isEqualTo(alone.get(i));
        }
        generations.close();
    }

    @Test
    void whoLeavesMakesRoom() throws InterruptedException {
        // Given
        Generations generations = generations(1, 4);
        Generation endless = generations.start(model.share(), prompt(1), decoding(1, 1_900));
        Generation next = generations.start(model.share(), prompt(2), decoding(2, 5));

        // When
        endless.cancel();

        // Then
        assertThat(end(endless).reason()).isEqualTo(Generation.Reason.CANCELLED);
        assertThat(end(next).tokens()).isPositive();
        generations.close();
    }

    /** The same client asks both: its first request waits for room, the one for the other model does not wait for that. */
    @Test
    void aModelWithoutRoomHoldsUpNoOther() throws InterruptedException {
        // Given: a model with room for one long answer, which is being written, and another one that waits
        Generations generations = generations(4, 8);
        LoadedModel narrow = load(POSITIONS);
        Generation endless = generations.start("one", narrow.share(), prompt(0), decoding(0, 1_900), 0);
        piece(endless);
        Generation waiting = generations.start("one", narrow.share(), prompt(1), decoding(1, 1_900), 0);

        // When
        Generation other = generations.start("one", model.share(), prompt(2), decoding(2, 3), 0);

        // Then
        assertThat(end(other).tokens()).isPositive();
        assertThat(waiting.poll(Duration.ZERO)).isEmpty();
        endless.cancel();
        assertThat(end(endless).reason()).isEqualTo(Generation.Reason.CANCELLED);
        piece(waiting);
        waiting.cancel();
        end(waiting);
        narrow.giveBack();
        generations.close();
    }

    @Test
    void whoAsksMuchDoesNotKeepOthersOut() throws InterruptedException {
        // Given
        Generations generations = generations(1, 3);
        Generation endless = generations.start("greedy", model.share(), prompt(0), decoding(0, 1_900), 0);
        piece(endless);
        List<Generation> waiting = new ArrayList<>();
        for (int i = 1; i <= 3; i++) {
            waiting.add(generations.start("greedy", model.share(), prompt(i), decoding(i, 3), 0));
        }

        // When
        Generation modest = generations.start("modest", model.share(), prompt(9), decoding(9, 3), 0);

        // Then
        assertThat(last(waiting.getLast()))
                .isInstanceOfSatisfying(Generation.Failed.class, failed -> assertThat(failed.cause())
                        .isInstanceOf(RejectedExecutionException.class));
        assertThatThrownBy(() -> generations.start("greedy", model.share(), prompt(4), decoding(4, 3), 0))
                .isInstanceOf(RejectedExecutionException.class);
        endless.cancel();
        assertThat(end(modest).tokens()).isPositive();
        end(waiting.get(0));
        end(waiting.get(1));
        generations.close();
    }

    @Test
    void nobodyWaitsForEverWhenTheServiceStops() throws InterruptedException {
        // Given
        Generations generations = generations(1, 4);
        Generation endless = generations.start(model.share(), prompt(1), decoding(1, 1_900));
        piece(endless);
        Generation next = generations.start(model.share(), prompt(2), decoding(2, 5));

        // When
        generations.close();

        // Then
        assertThat(last(endless)).isInstanceOf(Generation.Failed.class);
        assertThat(last(next)).isInstanceOf(Generation.Failed.class);
    }

    @Test
    void metricsTellOfAnswersThatAreWaitedForAndCountTheTokensOfAll() throws InterruptedException {
        // Given
        Generations generations = generations(4, 8);
        Generation.End waitedFor = end(generations.start(model.share(), prompt(12), decoding(1, 9)));

        // When: the same prompt once more, for nobody
        Generation.End unseen = end(generations
                .startWhileIdle(model.share(), prompt(12), decoding(2, 9))
                .orElseThrow());

        // Then
        for (Metric metric : List.of(
                Metric.TIME_TO_FIRST_TOKEN,
                Metric.REQUEST_QUEUE_TIME,
                Metric.REQUEST_PREFILL_TIME,
                Metric.REQUEST_DECODE_TIME,
                Metric.REQUEST_LATENCY,
                Metric.REQUEST_PROMPT_TOKENS,
                Metric.REQUEST_GENERATION_TOKENS)) {
            assertThat(meters.get(metric.id()).summary().count())
                    .as(metric.id())
                    .isEqualTo(1);
        }
        assertThat(meters.get(Metric.REQUEST_GENERATION_TOKENS.id()).summary().totalAmount())
                .isEqualTo(waitedFor.tokens());
        assertThat(count(Metric.GENERATION_TOKENS)).isEqualTo(waitedFor.tokens() + unseen.tokens());
        assertThat(count(Metric.PROMPT_TOKENS)).isEqualTo(2 * prompt(12).length);
        assertThat(count(Metric.PREFIX_CACHE_QUERIES)).isEqualTo(2 * prompt(12).length);
        assertThat(count(Metric.PREFIX_CACHE_HITS)).isPositive().isLessThan(prompt(12).length);
        generations.close();
    }

    private double count(Metric metric) {
        return meters.get(metric.id()).counter().count();
    }

    private Generations generations(int concurrent, int queue) {
        Generations generations = new Generations(new SmallService(concurrent, queue), Meters.of(meters, "inference"));
        generations.begin();
        return generations;
    }

    private int[] prompt(int i) {
        return IntStream.range(0, 5 + i * 7 % 90)
                .map(t -> 5 + (t * 13 + i) % 250)
                .toArray();
    }

    private static Decoding decoding(int seed, int tokens) {
        return new Decoding(TokenSampler.atTemperature(1.2).withTopP(0.95), tokens, List.of(), seed);
    }

    private static Generation.End end(Generation generation) throws InterruptedException {
        Generation.Event last = last(generation);
        assertThat(last).isInstanceOf(Generation.End.class);
        return (Generation.End) last;
    }

    private static Generation.Event last(Generation generation) throws InterruptedException {
        while (true) {
            Generation.Event event = generation.poll(MOMENT).orElse(null);
            if (event != null && !(event instanceof Generation.Piece)) {
                return event;
            }
        }
    }

    /** Waits until it is being written. */
    private static void piece(Generation generation) throws InterruptedException {
        while (generation.poll(MOMENT).isEmpty()) {
            // not yet
        }
    }

    private static ModelRelease release() {
        return new ModelRelease(
                "alignstream",
                ModelRelease.Verdict.APPROVED,
                new Reference(URI.create("file:/store/one"), "ab".repeat(32), 1),
                "one",
                Map.of(),
                "for the test");
    }
}
