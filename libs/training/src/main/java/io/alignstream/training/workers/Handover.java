package io.alignstream.training.workers;

import java.util.Map;

/**
 * What a leader tells its followers when they meet.
 *
 * @param standing how far the leader is
 * @param position where reading resumes
 * @param figures of the last step
 * @param runState what the leader knows of the run, as JSON
 * @param over whether the run had come to its end before: nothing is left but to publish its result
 */
public record Handover(
        Standing standing, Map<String, Long> position, Map<String, Double> figures, String runState, boolean over) {

    /** Of a run that has come to its end. */
    public static final Handover OVER = new Handover(Standing.NOTHING, Map.of(), Map.of(), "", true);

    public Handover {
        position = Map.copyOf(position);
        figures = Map.copyOf(figures);
    }
}
