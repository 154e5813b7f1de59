package io.alignstream.languagemodel.collective;

import java.util.SplittableRandom;

/** Vectors whose sum has other bits in another order, and the sum in the order of the tree, computed plainly. */
final class Leaves {

    private Leaves() {}

    /** The same at every call: numbers from very small to very large. */
    static float[] leaf(int number, int columns) {
        SplittableRandom random = new SplittableRandom(number);
        float[] leaf = new float[columns];
        for (int i = 0; i < columns; i++) {
            leaf[i] = Math.scalb((float) random.nextDouble(-1, 1), random.nextInt(-12, 12));
        }
        return leaf;
    }

    /** The sum of {@code count} leaves, a power of two, from {@code first} on: the left half's and the right half's. */
    static float[] sum(int first, int count, int columns) {
        if (count == 1) {
            return leaf(first, columns);
        }
        float[] left = sum(first, count / 2, columns);
        float[] right = sum(first + count / 2, count / 2, columns);
        for (int i = 0; i < columns; i++) {
            left[i] += right[i];
        }
        return left;
    }
}
