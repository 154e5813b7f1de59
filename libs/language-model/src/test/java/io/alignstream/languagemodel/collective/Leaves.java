package io.alignstream.languagemodel.collective;

/** Vectors whose sum has other bits in another order, and the sum in the order of the tree, computed plainly. */
final class Leaves {

    private Leaves() {}

    /** The same at every call: numbers of both signs, some of them ten million times as large as others. */
    static float[] leaf(int number, int columns) {
        float[] leaf = new float[columns];
        for (int i = 0; i < columns; i++) {
            int bits = (number * columns + i + 1) * 0x9E3779B9;
            bits = (bits ^ bits >>> 15) * 0x85EBCA6B;
            int exponent = 115 + (bits >>> 23) % 24;
            leaf[i] = Float.intBitsToFloat(bits & 0x807FFFFF | exponent << 23);
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
