package io.alignstream.benchmarks.training;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;

/**
 * A figure that two peers computed from the same inputs.
 *
 * @param figure its name
 */
record ComparedFigure(String figure, double ours, double theirs) {

    /** Most that two figures may differ, as a share of the greater one, after an iteration's steps in fp32. */
    private static final double TOLERANCE = 1e-3;

    /** Figures may differ by so much in any case: sums of summands that cancel each other. */
    private static final double ABSOLUTE_TOLERANCE = 1e-5;

    /** Of each figure that {@code theirs} has, by name. */
    static List<ComparedFigure> of(JsonNode ours, JsonNode theirs) {
        return theirs.properties().stream()
                .map(Map.Entry::getKey)
                .sorted()
                .map(name -> new ComparedFigure(
                        name,
                        ours.path(name).asDouble(Double.NaN),
                        theirs.path(name).asDouble(Double.NaN)))
                .toList();
    }

    /** Whether both are the same up to rounding; a figure that one has not agrees with none. */
    boolean holds() {
        double most = TOLERANCE * Math.max(Math.abs(ours), Math.abs(theirs)) + ABSOLUTE_TOLERANCE;
        return Math.abs(ours - theirs) <= most;
    }

    @Override
    public String toString() {
        return "%s %.6f, plain PyTorch %.6f%s"
                .formatted(figure, ours, theirs, holds() ? "" : ", which is not the same");
    }
}
