package io.alignstream.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class TokenSamplerTest {

    private static final float[] LOGITS = {log(0.1), log(0.6), log(0.3), 50};
    private static final int CANDIDATES = 3;

    private static float log(double probability) {
        return (float) Math.log(probability);
    }

    private static double[] frequencies(double temperature, double topP) {
        TokenSampler sampler = new TokenSampler(temperature, topP, new SplittableRandom(1));
        double[] frequencies = new double[CANDIDATES];
        for (int i = 0; i < 20_000; i++) {
            frequencies[sampler.next(LOGITS, CANDIDATES)] += 1.0 / 20_000;
        }
        return frequencies;
    }

    @Test
    void drawsByProbability() {
        assertThat(frequencies(1, 1)).containsExactly(new double[] {0.1, 0.6, 0.3}, within(0.02));
    }

    @Test
    void temperatureSharpens() {
        assertThat(frequencies(0.5, 1))
                .containsExactly(new double[] {0.01 / 0.46, 0.36 / 0.46, 0.09 / 0.46}, within(0.02));
        assertThat(frequencies(0, 1)[1]).isEqualTo(1, within(1e-9));
    }

    @Test
    void theNucleusLeavesImprobableTokensOut() {
        assertThat(frequencies(1, 0.8)).containsExactly(new double[] {0, 2 / 3.0, 1 / 3.0}, within(0.02));
        assertThat(frequencies(1, 0)[1]).isEqualTo(1, within(1e-9));
    }

    @Test
    void refusesALogitThatIsNoNumber() {
        // Given
        TokenSampler sampler = new TokenSampler(1, 1, new SplittableRandom(1));

        // Then
        assertThatThrownBy(() -> sampler.next(new float[] {0, Float.NaN}, 2)).hasMessageContaining("token 1");
    }
}
