package io.alignstream.languagemodel.network;

/**
 * How rotary frequencies are stretched so that a network reads longer texts than it was first trained on; the kinds and
 * formulas of Hugging Face's transformers.
 */
public sealed interface RotaryScaling {

    /** Plain rotary positions. */
    RotaryScaling NONE = new None();

    /**
     * Frequency of each pair of a head's elements, in radians a position.
     *
     * @param theta base of the frequencies
     * @param headWidth size of one head
     * @return {@code [headWidth / 2]}, falling
     */
    double[] frequencies(double theta, int headWidth);

    /** Factor of the rotary cosines and sines, so of attention's scores squared. */
    default double magnitude() {
        return 1;
    }

    private static double[] plain(double theta, int headWidth) {
        double[] frequencies = new double[headWidth / 2];
        for (int i = 0; i < frequencies.length; i++) {
            frequencies[i] = StrictMath.pow(theta, -i / (double) frequencies.length);
        }
        return frequencies;
    }

    private static void require(boolean condition, RotaryScaling scaling) {
        if (!condition) {
            throw new IllegalArgumentException("rotary scaling " + scaling + " is out of range");
        }
    }

    /** No scaling. */
    record None() implements RotaryScaling {
        @Override
        public double[] frequencies(double theta, int headWidth) {
            return plain(theta, headWidth);
        }
    }

    /** All frequencies divided by {@code factor}, at least 1. */
    record Linear(double factor) implements RotaryScaling {
        public Linear {
            require(factor >= 1 && Double.isFinite(factor), this);
        }

        @Override
        public double[] frequencies(double theta, int headWidth) {
            double[] frequencies = plain(theta, headWidth);
            for (int i = 0; i < frequencies.length; i++) {
                frequencies[i] /= factor;
            }
            return frequencies;
        }
    }

    /**
     * Llama 3.1's scaling: long waves divided by {@code factor}, short ones kept, a smooth passage between.
     *
     * @param factor at least 1
     * @param lowFrequencyFactor waves longer than {@code originalPositions} divided by this are divided
     * @param highFrequencyFactor waves shorter than {@code originalPositions} divided by this are kept; the greater one
     * @param originalPositions context of the first training
     */
    record Llama3(double factor, double lowFrequencyFactor, double highFrequencyFactor, int originalPositions)
            implements RotaryScaling {
        public Llama3 {
            require(
                    factor >= 1
                            && Double.isFinite(factor)
                            && lowFrequencyFactor > 0
                            && highFrequencyFactor > lowFrequencyFactor
                            && Double.isFinite(highFrequencyFactor)
                            && originalPositions > 0,
                    this);
        }

        @Override
        public double[] frequencies(double theta, int headWidth) {
            double[] frequencies = plain(theta, headWidth);
            for (int i = 0; i < frequencies.length; i++) {
                double waves = originalPositions * frequencies[i] / (2 * Math.PI);
                double kept = (waves - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
                double share = Math.clamp(kept, 0, 1);
                frequencies[i] *= share + (1 - share) / factor;
            }
            return frequencies;
        }
    }

    /**
     * YaRN (Peng et al., arXiv 2309.00071): frequencies that turn rarely are divided by {@code factor}.
     *
     * @param factor at least 1
     * @param originalPositions context of the first training
     * @param fastTurns pairs that turn more often than this over the original context are kept, usually 32
     * @param slowTurns pairs that turn less often than this are divided, usually 1
     * @param magnitude factor of the cosines and sines, usually 0.1 ln(factor) + 1
     */
    record Yarn(double factor, int originalPositions, double fastTurns, double slowTurns, double magnitude)
            implements RotaryScaling {
        public Yarn {
            require(
                    factor >= 1
                            && Double.isFinite(factor)
                            && originalPositions > 0
                            && slowTurns > 0
                            && fastTurns > slowTurns
                            && Double.isFinite(fastTurns)
                            && magnitude > 0
                            && Double.isFinite(magnitude),
                    this);
        }

        /** The magnitude that the paper recommends for a factor. */
        public static double usualMagnitude(double factor) {
            return 0.1 * StrictMath.log(factor) + 1;
        }

        @Override
        public double[] frequencies(double theta, int headWidth) {
            double first = Math.max(0, Math.floor(pair(fastTurns, theta, headWidth)));
            double last = Math.min(headWidth - 1, Math.ceil(pair(slowTurns, theta, headWidth)));
            double range = first == last ? 0.001 : last - first;
            double[] frequencies = plain(theta, headWidth);
            for (int i = 0; i < frequencies.length; i++) {
                double divided = Math.clamp((i - first) / range, 0, 1);
                frequencies[i] *= 1 - divided + divided / factor;
            }
            return frequencies;
        }

        /** Which pair turns {@code turns} times over the original context. */
        private double pair(double turns, double theta, int headWidth) {
            return headWidth * StrictMath.log(originalPositions / (turns * 2 * Math.PI)) / (2 * StrictMath.log(theta));
        }
    }

    /**
     * Dynamic scaling by {@code factor}: changes nothing up to the configured positions, beyond which no sequence of ours
     * goes; kept for exports.
     */
    record Dynamic(double factor) implements RotaryScaling {
        public Dynamic {
            require(factor >= 1 && Double.isFinite(factor), this);
        }

        @Override
        public double[] frequencies(double theta, int headWidth) {
            return plain(theta, headWidth);
        }
    }
}
