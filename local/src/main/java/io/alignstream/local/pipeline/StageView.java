package io.alignstream.local.pipeline;

import io.alignstream.contracts.Stage;
import io.alignstream.local.service.JobStatus;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What the display knows of one stage.
 *
 * @param done whether its artefact for the current chain is there
 * @param job what its service says; empty if it does not answer just now
 * @param processes of its service that run
 */
public record StageView(Stage stage, boolean done, Optional<JobStatus> job, int processes) {

    private static final int BAR = 20;
    private static final int REASON = 90;

    /** Figures worth a place in one line, with their labels; those that a stage does not report are left out. */
    private static final Map<String, String> FIGURES = new LinkedHashMap<>();

    static {
        FIGURES.put("loss", "loss %.3f");
        FIGURES.put("validationLoss", "validation loss %.3f");
        FIGURES.put("validationBitsPerByte", "%.3f bits per byte");
        FIGURES.put("pairAccuracy", "pair accuracy %.3f");
        FIGURES.put("objective/scores", "reward %.3f");
        FIGURES.put("objective/kl", "KL %.3f");
        FIGURES.put("winRate", "win rate %.2f");
        FIGURES.put("documentsPerSecond", "%,.0f documents/s");
        FIGURES.put("tokensPerSecond", "%,.0f tokens/s");
        FIGURES.put("episodesPerSecond", "%,.1f episodes/s");
        FIGURES.put("rankingsPerSecond", "%,.1f rankings/s");
    }

    public boolean isRunning() {
        return !done && job.map(JobStatus::isRunning).orElse(false);
    }

    /** One line: mark, name, bar, figures, time left. */
    public String line() {
        String name = "%-10s".formatted(stage.id());
        if (done) {
            return " ✓ " + name + bar(1) + " done" + job.map(this::figures).orElse("");
        }
        if (job.isEmpty()) {
            return " ? " + name + "the service does not answer";
        }
        JobStatus status = job.get();
        if (!status.isRunning()) {
            return (status.isFailed() ? " ✗ " : " · ") + name + shorten(status.state() + ": " + status.explanation());
        }
        double share = status.totalSteps() == 0 ? 0 : (double) status.step() / status.totalSteps();
        return " ▶ " + name + bar(share) + " %3.0f %%  ".formatted(100 * share)
                + (status.phase() == null ? "starts" : status.phase())
                + figures(status) + (processes > 1 ? "  " + processes + " workers" : "") + eta(status);
    }

    private String figures(JobStatus status) {
        StringBuilder figures = new StringBuilder();
        FIGURES.forEach((metric, format) -> {
            double value = status.metric(metric);
            if (Double.isFinite(value)) {
                figures.append("  ").append(format.formatted(value));
            }
        });
        return figures.toString();
    }

    private static String eta(JobStatus status) {
        if (status.etaSeconds() <= 0) {
            return "";
        }
        Duration left = Duration.ofSeconds((long) Math.ceil(status.etaSeconds()));
        return "  ETA %d:%02d".formatted(left.toMinutes(), left.toSecondsPart());
    }

    static String bar(double share) {
        int full = (int) Math.round(Math.clamp(share, 0, 1) * BAR);
        return "█".repeat(full) + "░".repeat(BAR - full);
    }

    private static String shorten(String text) {
        String line = text.lines().findFirst().orElse("");
        return line.length() <= REASON ? line : line.substring(0, REASON - 1) + "…";
    }
}
