package io.alignstream.training.effort;

import java.util.Map;

/**
 * What a run has taken so far. Immutable.
 *
 * @param seconds of work on it, standing still between two processes not counted
 * @param processorSeconds the same times the logical processors of all workers
 * @param cardSeconds the same times the workers that computed on a card
 * @param meteredSeconds of {@code seconds}, those in which an {@link EnergyMeter} could be read
 * @param joules what it has read in them, of the leading worker's whole machine
 */
public record Effort(
        double seconds, double processorSeconds, double cardSeconds, double meteredSeconds, double joules) {

    public static final Effort NONE = new Effort(0, 0, 0, 0, 0);

    private static final String SECONDS = "seconds";
    private static final String PROCESSOR_SECONDS = "processorSeconds";
    private static final String CARD_SECONDS = "cardSeconds";
    private static final String METERED_SECONDS = "meteredSeconds";
    private static final String JOULES = "joules";

    public Effort {
        for (double value : new double[] {seconds, processorSeconds, cardSeconds, meteredSeconds, joules}) {
            if (!(value >= 0 && Double.isFinite(value))) {
                throw new IllegalArgumentException("an effort has no negative or infinite part, but one is " + value);
            }
        }
    }

    /** Both together. */
    public Effort plus(Effort other) {
        return new Effort(
                seconds + other.seconds,
                processorSeconds + other.processorSeconds,
                cardSeconds + other.cardSeconds,
                meteredSeconds + other.meteredSeconds,
                joules + other.joules);
    }

    /** Whether the energy of all of it was read from a meter. */
    public boolean metered() {
        return seconds > 0 && meteredSeconds >= seconds;
    }

    /** Under names, as a manifest takes it. */
    Map<String, Double> figures() {
        return Map.of(
                SECONDS, seconds,
                PROCESSOR_SECONDS, processorSeconds,
                CARD_SECONDS, cardSeconds,
                METERED_SECONDS, meteredSeconds,
                JOULES, joules);
    }

    /** What {@link #figures} gave; what is missing counts as none. */
    static Effort of(Map<String, Double> figures) {
        return new Effort(
                figures.getOrDefault(SECONDS, 0.0),
                figures.getOrDefault(PROCESSOR_SECONDS, 0.0),
                figures.getOrDefault(CARD_SECONDS, 0.0),
                figures.getOrDefault(METERED_SECONDS, 0.0),
                figures.getOrDefault(JOULES, 0.0));
    }
}
