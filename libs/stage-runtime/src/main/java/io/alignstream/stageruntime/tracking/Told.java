package io.alignstream.stageruntime.tracking;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.TrainingProgress;
import io.alignstream.stageruntime.RunRecord;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** Something that a tool is told; immutable. */
sealed interface Told {

    /**
     * A run begins, or goes on after its process was started anew.
     *
     * @param title in English
     * @param parameters what it is made with
     */
    record Begun(Stage stage, String run, String title, Map<String, String> parameters, Instant at) implements Told {

        public Begun {
            parameters = Map.copyOf(parameters);
        }
    }

    /** A run has measured something. */
    record Step(TrainingProgress progress, Instant at) implements Told {

        /** Each figure under the name that TRL gives it, {@code train/loss} and {@code eval/loss}. */
        Map<String, Double> figures() {
            String phase = progress.job().equals("evaluate") ? "eval" : progress.job();
            Map<String, Double> figures = new LinkedHashMap<>();
            progress.metrics().forEach((name, value) -> figures.put(phase + "/" + name, value));
            return figures;
        }
    }

    /** A run has a result. */
    record Model(Checkpoint checkpoint, Instant at) implements Told {}

    /** A verdict on a result. */
    record Verdict(ModelRelease release) implements Told {}

    /** An attempt at a run is over. */
    record Ended(Stage stage, String run, RunRecord.Outcome outcome, Instant at) implements Told {}
}
