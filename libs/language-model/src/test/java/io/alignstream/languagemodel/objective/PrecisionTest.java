package io.alignstream.languagemodel.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.languagemodel.torch.Precision;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PrecisionTest {

    private static final TransformerConfig CONFIG = TransformerConfig.of(40, 2, 64, 32);

    @Test
    void halfPrecisionFollowsFullPrecision() {
        // Given
        Sequences batch = batch(4, 32);

        // When
        Taken full = take(batch, Precision.FLOAT32, 1);
        Taken half = take(batch, Precision.BFLOAT16, 1);

        // Then: bf16 keeps 8 bits, an error of 0.4 % a number
        assertThat(half.step().loss()).isCloseTo(full.step().loss(), within(0.01));
        assertThat(distance(half.moments(), full.moments())).isBetween(1e-6, 0.05);
    }

    @Test
    void halfPrecisionRepeatsBitForBit() {
        // Given
        Sequences batch = batch(4, 32);
        Taken once = take(batch, Precision.BFLOAT16, 4);

        // When
        Taken again = take(batch, Precision.BFLOAT16, 4);

        // Then
        assertThat(again.step()).isEqualTo(once.step());
        assertThat(distance(again.moments(), once.moments())).isZero();
    }

    @Test
    void blocksThatAreComputedAgainGiveTheSameBits() {
        for (Precision precision : Precision.values()) {
            // Given
            Sequences batch = batch(4, 32);
            Taken kept = take(batch, precision, 3, false);

            // When
            Taken again = take(batch, precision, 3, true);

            // Then
            assertThat(again.step()).isEqualTo(kept.step());
            assertThat(distance(again.moments(), kept.moments())).isZero();
        }
    }

    @Test
    void precisionsHaveNames() {
        // When
        List<Precision> named =
                Stream.of("float32", "bfloat16", "auto").map(Precision::of).toList();

        // Then
        assertThat(named).containsExactly(Precision.FLOAT32, Precision.BFLOAT16, Precision.fastest());
    }

    @Test
    void anUnknownPrecisionIsRefusedWithThoseThatThereAre() {
        assertThatThrownBy(() -> Precision.of("fp8"))
                .hasMessageContaining("fp8")
                .hasMessageContaining("bfloat16");
    }

    private record Taken(Steps.Taken<Double> step, Map<String, Tensor> moments) {}

    private static Taken take(Sequences batch, Precision precision, int steps) {
        return take(batch, precision, steps, false);
    }

    private static Taken take(Sequences batch, Precision precision, int steps, boolean checkpointing) {
        try (Transformer model = Transformer.initialise(CONFIG, 3).checkpointActivations(checkpointing);
                AdamW optimiser = new AdamW(model, AdamW.Settings.PRETRAINING, precision)) {
            NextTokenObjective objective = new NextTokenObjective(model, precision);
            Steps.Taken<Double> step = Steps.take(objective, batch, model, optimiser, 1e-3);
            for (int i = 1; i < steps; i++) {
                step = Steps.take(objective, batch, model, optimiser, 1e-3);
            }
            Map<String, Tensor> moments = optimiser.state("o");
            moments.replaceAll((name, view) -> view.copy());
            return new Taken(step, moments);
        }
    }

    /** Norm of the difference of the first moments over the norm of {@code expected}. */
    private static double distance(Map<String, Tensor> actual, Map<String, Tensor> expected) {
        double difference = 0;
        double size = 0;
        for (String name : expected.keySet()) {
            if (name.startsWith("o.m.")) {
                float[] a = actual.get(name).toFloats();
                float[] b = expected.get(name).toFloats();
                for (int i = 0; i < a.length; i++) {
                    difference += (a[i] - b[i]) * (a[i] - b[i]);
                    size += b[i] * b[i];
                }
            }
        }
        return Math.sqrt(difference / size);
    }

    private static Sequences batch(int rows, int time) {
        Random random = new Random(5);
        long[] ids = random.longs((long) rows * time, 0, 40).toArray();
        long[] targets = random.longs((long) rows * time, 0, 40).toArray();
        for (int i = 0; i < time - 3; i++) {
            targets[i] = Sequences.IGNORE;
        }
        return new Sequences(rows, time, ids, targets);
    }
}
