package io.alignstream.contracts.metrics;

import java.util.List;
import java.util.Locale;

/**
 * What a run measures of itself, as Prometheus knows it.
 *
 * <p>Charts, events and checkpoints hold a figure under the field's name ({@code objective/kl}, {@code tokensPerSecond}), Prometheus
 * under {@link #metric}. Such a gauge is there while its run goes on, and for {@value #MINUTES} minutes more.
 *
 * @param name the field's name
 */
public record RunFigure(String name) {

    /** How long the figures of a run stay after its end: long enough for one more scrape, too short for a false picture. */
    public static final int MINUTES = 2;

    /** In this order. */
    public static final List<String> LABELS = List.of("stage", "run", "phase");

    private static final String PREFIX = "alignstream_run_";

    public RunFigure {
        if (name.isBlank()) {
            throw new IllegalArgumentException("a figure needs a name");
        }
    }

    /** {@code alignstream_run_objective_kl} of {@code objective/kl}, {@code alignstream_run_tokens_per_second} of {@code tokensPerSecond}. */
    public String metric() {
        return PREFIX
                + name.replaceAll("(?<=[a-z0-9])([A-Z])", "_$1")
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^a-z0-9_]", "_");
    }
}
