package io.alignstream.local.chaos;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a trial came to.
 *
 * @param seed of the disturbance
 * @param disturbedSeconds how long it was disturbed
 * @param seconds from the start of its processes to the last look
 * @param faults how often each happened
 * @param clocks whether clocks could be set forward and back: the plan has it so, and libfaketime is installed
 * @param failedWrites objects whose writing failed, for a time or until their writer gave up
 * @param triggers how often a person had to begin a failed run again
 * @param training how pretraining got on meanwhile; null if too little of it was disturbed
 * @param losses of how many of pretraining's steps the loss was compared with that of the undisturbed run
 * @param findings what was lost, doubled, or other than undisturbed; empty if all is well
 */
public record TrialReport(
        long seed,
        long disturbedSeconds,
        double seconds,
        Map<Fault, Integer> faults,
        boolean clocks,
        long failedWrites,
        int triggers,
        @Nullable TrainingReport training,
        long losses,
        List<String> findings) {

    public TrialReport {
        faults = Map.copyOf(faults);
        findings = List.copyOf(findings);
    }

    /** One line. */
    @Override
    public String toString() {
        int sum = faults.values().stream().mapToInt(count -> count).sum();
        return "seed %d: %d faults %s in %d s, %d failed writes, %d triggers, %s"
                        .formatted(
                                seed,
                                sum,
                                new TreeMap<>(faults),
                                disturbedSeconds,
                                failedWrites,
                                triggers,
                                findings.isEmpty() ? "nothing lost" : findings.size() + " findings: " + findings)
                + (training == null ? "" : "; pretraining: " + training)
                + "; losses of " + losses + " steps compared";
    }
}
