package io.alignstream.sft;

import io.alignstream.contracts.Checkpoint;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Instructions and models, for the dashboard.
 *
 * @param instructions that are not withdrawn
 * @param changedInstructions records that the newest model has not seen
 * @param nextRunAt changed instructions that start the next run
 * @param base sha256 of the newest base model, null if there is none
 * @param model the newest model of that base, null if there is none
 */
public record SftFigures(
        long instructions, long changedInstructions, long nextRunAt, @Nullable String base, @Nullable Model model) {

    static final SftFigures NONE = new SftFigures(0, 0, 0, null, null);

    /** A finished SFT model. */
    public record Model(String run, String sha256, long step, Map<String, Double> metrics) {}

    /**
     * The figures of one base model.
     *
     * @param models SFT models of the base, oldest first
     */
    static SftFigures of(
            long instructions, long changed, long nextRunAt, Optional<Checkpoint> base, List<Checkpoint> models) {
        Model newest = null;
        if (!models.isEmpty()) {
            Checkpoint model = models.getLast();
            newest = new Model(model.run(), model.reference().sha256(), model.step(), model.metrics());
        }
        return new SftFigures(
                instructions,
                changed,
                nextRunAt,
                base.map(checkpoint -> checkpoint.reference().sha256()).orElse(null),
                newest);
    }
}
