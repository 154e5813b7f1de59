package io.alignstream.local.lessons.learning;

import io.alignstream.languagemodel.random.SeededRandom;
import java.util.SplittableRandom;

/** The two directions in which vectors differ most, by power iteration: where a vector stands in a plane. */
final class PrincipalComponents {

    private static final int ROUNDS = 100;

    private PrincipalComponents() {}

    /** The place of each of {@code vectors}, which have a mean of 0, in the plane. */
    static double[][] plane(float[][] vectors) {
        double[] first = direction(vectors, new double[vectors[0].length]);
        double[] second = direction(vectors, first);
        double[][] places = new double[vectors.length][];
        for (int i = 0; i < places.length; i++) {
            places[i] = new double[] {product(first, vectors[i]), product(second, vectors[i])};
        }
        return places;
    }

    /** The direction of the greatest variance at right angles to {@code other}. */
    private static double[] direction(float[][] vectors, double... other) {
        SplittableRandom random = SeededRandom.of(1, "direction", 0);
        double[] direction = random.doubles(vectors[0].length, -1, 1).toArray();
        for (int round = 0; round < ROUNDS; round++) {
            double[] next = new double[direction.length];
            for (float[] vector : vectors) {
                double along = product(direction, vector);
                for (int d = 0; d < next.length; d++) {
                    next[d] += along * vector[d];
                }
            }
            double share = 0;
            for (int d = 0; d < next.length; d++) {
                share += next[d] * other[d];
            }
            double length = 0;
            for (int d = 0; d < next.length; d++) {
                next[d] -= share * other[d];
                length += next[d] * next[d];
            }
            for (int d = 0; d < next.length; d++) {
                direction[d] = next[d] / Math.sqrt(Math.max(length, 1e-30));
            }
        }
        return direction;
    }

    private static double product(double[] direction, float... vector) {
        double sum = 0;
        for (int d = 0; d < vector.length; d++) {
            sum += direction[d] * vector[d];
        }
        return sum;
    }
}
