package io.alignstream.lessons.network;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** Token sequences of one length as arrays. */
final class Rows {

    private Rows() {}

    /** Tokens {@code shift} to {@code length - 2 + shift} of each row: {@code [rows, length - 1]}. */
    static NDArray array(NDManager scope, List<int[]> rows, int shift) {
        int time = rows.getFirst().length - 1;
        long[] ids = new long[rows.size() * time];
        for (int b = 0; b < rows.size(); b++) {
            int[] row = rows.get(b);
            if (row.length != time + 1) {
                throw new IllegalArgumentException(
                        "row " + b + " has " + row.length + " tokens but the first one " + (time + 1));
            }
            for (int t = 0; t < time; t++) {
                ids[b * time + t] = row[t + shift];
            }
        }
        return scope.create(ids, new Shape(rows.size(), time));
    }

    /** A figure of each token but the first of each row, computed for {@code most} rows at a time. */
    static float[][] inParts(List<int[]> rows, int most, Function<List<int[]>, float[]> figure) {
        float[][] result = new float[rows.size()][];
        for (int from = 0; from < rows.size(); from += most) {
            List<int[]> part = rows.subList(from, Math.min(rows.size(), from + most));
            float[] values = figure.apply(part);
            int time = values.length / part.size();
            for (int b = 0; b < part.size(); b++) {
                result[from + b] = Arrays.copyOfRange(values, b * time, (b + 1) * time);
            }
        }
        return result;
    }
}
