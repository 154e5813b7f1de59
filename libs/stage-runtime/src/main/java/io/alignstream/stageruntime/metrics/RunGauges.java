package io.alignstream.stageruntime.metrics;

import io.alignstream.contracts.metrics.RunFigure;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * The figures of the run that goes on, and of those that have ended in the last minutes; thread-safe.
 *
 * <p>A gauge that is never set again would show a run that is long over as if it went on. So each has the run's id for a label and is
 * taken away some time after the run's end, or sooner where runs are short and many.
 */
public final class RunGauges {

    private static final long LINGER = Duration.ofMinutes(RunFigure.MINUTES).toNanos();
    /** Runs that have ended and are still shown. */
    private static final int MOST_ENDED = 4;
    /** Of a run: what it calls its figures is its own. */
    private static final int MOST_GAUGES = 256;

    private final MeterRegistry registry;
    private final String stage;
    private final LongSupplier clock;
    private final Map<String, Run> runs = new LinkedHashMap<>();

    RunGauges(MeterRegistry registry, String stage) {
        this(registry, stage, System::nanoTime);
    }

    /** Gauges that go by {@code clock}, in nanoseconds. */
    RunGauges(MeterRegistry registry, String stage, LongSupplier clock) {
        this.registry = registry;
        this.stage = stage;
        this.clock = clock;
    }

    private record Key(String metric, String phase) {}

    private static final class Run {

        private final Map<Key, AtomicLong> values = new HashMap<>();
        private final List<Gauge> gauges = new ArrayList<>();
        private OptionalLong endedAt = OptionalLong.empty();
    }

    /** The newest values of figures, by name, in a phase of {@code run}; a run that had ended goes on. */
    public synchronized void set(String run, String phase, Map<String, Double> figures) {
        Run shown = runs.computeIfAbsent(run, id -> new Run());
        shown.endedAt = OptionalLong.empty();
        figures.forEach((name, value) -> {
            Key key = new Key(new RunFigure(name).metric(), phase);
            AtomicLong bits = shown.values.get(key);
            if (bits != null) {
                bits.set(Double.doubleToLongBits(value));
            } else if (shown.gauges.size() < MOST_GAUGES) {
                AtomicLong first = new AtomicLong(Double.doubleToLongBits(value));
                shown.values.put(key, first);
                shown.gauges.add(Gauge.builder(key.metric(), first, held -> Double.longBitsToDouble(held.get()))
                        .tag("stage", stage)
                        .tag("run", run)
                        .tag("phase", phase)
                        .strongReference(true)
                        .register(registry));
            }
        });
    }

    /** {@code run} is over: it is shown for some minutes more. */
    public synchronized void ended(String run) {
        Run shown = runs.remove(run);
        if (shown != null) {
            shown.endedAt = OptionalLong.of(clock.getAsLong());
            runs.put(run, shown); // the order is that of their ends
            forgetOld();
        }
    }

    /** Takes away what was shown for long enough; to be called every now and then. */
    public synchronized void forgetOld() {
        long over =
                runs.values().stream().filter(run -> run.endedAt.isPresent()).count();
        for (var each = runs.values().iterator(); each.hasNext(); ) {
            Run run = each.next();
            if (run.endedAt.isPresent()
                    && (over > MOST_ENDED || clock.getAsLong() - run.endedAt.getAsLong() >= LINGER)) {
                run.gauges.forEach(registry::remove);
                each.remove();
                over--;
            }
        }
    }
}
