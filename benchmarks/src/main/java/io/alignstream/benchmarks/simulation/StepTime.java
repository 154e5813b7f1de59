package io.alignstream.benchmarks.simulation;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where a step's time goes, in seconds; nothing of it overlaps, as nothing of a step does.
 *
 * @param compute forward and backward pass
 * @param shards keeping the gradients of a worker's shards apart and adding them
 * @param exchange between workers
 * @param optimiser the update
 * @param reading the token batches, which each worker reads all of
 */
public record StepTime(double compute, double shards, double exchange, double optimiser, double reading) {

    /** All of it. */
    public double seconds() {
        return compute + shards + exchange + optimiser + reading;
    }

    /** What takes most: {@code compute}, {@code shards}, {@code exchange}, {@code optimiser} or {@code reading}. */
    public String binds() {
        return parts().entrySet().stream()
                .max(Comparator.comparingDouble(Map.Entry::getValue))
                .orElseThrow()
                .getKey();
    }

    /** Each part by its name. */
    public Map<String, Double> parts() {
        Map<String, Double> parts = new LinkedHashMap<>();
        parts.put("compute", compute);
        parts.put("shards", shards);
        parts.put("exchange", exchange);
        parts.put("optimiser", optimiser);
        parts.put("reading", reading);
        return parts;
    }
}
