package io.alignstream.stageruntime.job;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A metric over steps in bounded memory; not thread-safe.
 *
 * <p>When full, every second point goes and from then on only every second new one is kept, so the points stay evenly
 * spread however long the run is. The newest point is always there.
 */
final class Series {

    private static final int STEP = 0;
    private static final int VALUE = 1;

    private final double[][] points;
    private int size;
    private long stride = 1;
    private long skipped;
    /** Also kept where the stride leaves it out. */
    private double[] newest = {Double.NaN, Double.NaN};

    /** Holds at most {@code capacity} points and the newest one. */
    Series(int capacity) {
        if (capacity < 2 || capacity % 2 != 0) {
            throw new IllegalArgumentException("capacity must be even and at least 2 but is " + capacity);
        }
        this.points = new double[capacity][];
    }

    /** Adds a point; one that does not lie after the last replaces those from its step on: the run was resumed. */
    void add(long step, double value) {
        while (size > 0 && points[size - 1][STEP] >= step) {
            size--;
        }
        newest = new double[] {step, value};
        if (size > 0 && ++skipped < stride) {
            return;
        }
        if (size == points.length) {
            for (int i = 0; i < size / 2; i++) {
                points[i] = points[2 * i];
            }
            size /= 2;
            stride *= 2;
        }
        points[size++] = newest;
        skipped = 0;
    }

    /** The points, {@code [step, value]}, steps ascending. */
    List<double[]> points() {
        List<double[]> copy = new ArrayList<>(Arrays.asList(points).subList(0, size));
        if (size > 0 && points[size - 1][STEP] != newest[STEP]) {
            copy.add(newest);
        }
        return copy;
    }

    @Override
    public String toString() {
        return size == 0 ? "no points" : size + " points up to step " + (long) newest[STEP] + ": " + newest[VALUE];
    }
}
