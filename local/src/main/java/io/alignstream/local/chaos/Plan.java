package io.alignstream.local.chaos;

import io.alignstream.contracts.Stage;
import io.alignstream.local.site.LaunchException;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a trial disturbs, and how often.
 *
 * @param onlyWorkers whether only pretraining's workers are disturbed, while they train: the store then never fails, and no stage
 *     after pretraining runs
 * @param faults what may happen, where it can
 * @param every mean time from one fault to the next, start to start; null: a pause of 4 s on average after each fault
 * @param most how many faults happen at most; fewer if the time is over, or with {@code onlyWorkers} pretraining
 */
public record Plan(boolean onlyWorkers, Set<Fault> faults, @Nullable Duration every, int most) {

    /** All that can happen, as fast as it comes. */
    public static final Plan EVERYTHING = new Plan(false, Set.of(Fault.values()), null, Integer.MAX_VALUE);

    /** What happens to workers unless somebody chooses. */
    static final Set<Fault> OF_WORKERS = Set.of(Fault.KILL, Fault.STOP, Fault.RESIZE);

    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(8);

    public Plan {
        faults = Set.copyOf(faults);
        if (faults.isEmpty()) {
            throw new LaunchException("No fault may happen; --faults needs one or more.");
        }
        if (onlyWorkers && (faults.contains(Fault.STORE_OUTAGE) || faults.contains(Fault.STORE_FULL))) {
            throw new LaunchException(
                    "With --only workers the store does not fail; leave --only or the store's faults out.");
        }
        if (every != null && !every.isPositive()) {
            throw new LaunchException("--every is " + every.toMillis() / 1e3 + " s but must be above 0.");
        }
        if (most < 1) {
            throw new LaunchException("--count is " + most + " but must be 1 or more.");
        }
    }

    /** The stages whose services run: what is needed for what is disturbed. */
    Set<Stage> stages() {
        return onlyWorkers ? EnumSet.of(Stage.TOKENIZER, Stage.PRETRAIN) : EnumSet.allOf(Stage.class);
    }

    /** What may happen, in one order. */
    List<Fault> possible(boolean clocks, int workers) {
        List<Fault> possible = Arrays.stream(Fault.values())
                .filter(faults::contains)
                .filter(fault -> fault != Fault.CLOCK || clocks)
                .filter(fault -> fault != Fault.RESIZE || workers > 1)
                .toList();
        if (possible.isEmpty()) {
            throw new LaunchException("None of " + faults + " can happen here: clocks are set forward and back where"
                    + " libfaketime is installed, and the number of workers changes where there are 2 or more.");
        }
        return possible;
    }

    /** How long it is quiet before the next fault: evenly between 0 and twice the mean. */
    Duration pause(Random random) {
        Duration longest = every == null ? LONGEST_PAUSE : every.multipliedBy(2);
        return Duration.ofMillis(random.nextLong(Math.max(1, longest.toMillis())));
    }

    /** What happens next, and to which of {@code victims}, if it happens to one. */
    static Strike strike(Random random, List<Fault> possible, List<String> victims) {
        Fault fault = possible.get(random.nextInt(possible.size()));
        return new Strike(fault, victims.get(random.nextInt(victims.size())));
    }

    /** A fault and the service that it happens to, if it is not one of broker, store or all workers. */
    record Strike(Fault fault, String victim) {}
}
