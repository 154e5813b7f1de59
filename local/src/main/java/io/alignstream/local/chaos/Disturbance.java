package io.alignstream.local.chaos;

import io.alignstream.local.broker.Broker;
import io.alignstream.local.site.Console;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Faults, one after the other, each at a moment and a place that a seed chooses; what a fault has taken away is back before the
 * next one, or some of the time only with it.
 */
final class Disturbance {

    private static final Duration LONGEST_STOP = Duration.ofSeconds(12);
    private static final Duration LARGEST_STEP = Duration.ofHours(3);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(200);

    private final TrialSite site;
    private final UnreliableStore store;
    private final @Nullable ShiftedClocks clocks;
    private final Plan plan;
    private final TrainingProgress training;
    private final Random random;
    private final Console console;
    private final Map<Fault, Integer> counts = new EnumMap<>(Fault.class);
    private final List<Fault> possible;
    /** Services that have, or had, one. */
    private final Set<String> wrongClocks = new TreeSet<>();

    private double ended;

    Disturbance(
            TrialSite site,
            UnreliableStore store,
            @Nullable ShiftedClocks clocks,
            Plan plan,
            TrainingProgress training,
            long seed,
            Console console) {
        this.site = site;
        this.store = store;
        this.clocks = clocks;
        this.plan = plan;
        this.training = training;
        this.random = new Random(seed);
        this.console = console;
        this.possible = plan.possible(clocks != null, site.workers().size());
    }

    /** Disturbs for {@code length}; afterwards everything runs and all clocks are right again. */
    void go(Duration length) {
        long begin = System.nanoTime();
        long end = begin + length.toNanos();
        long due = begin + plan.pause(random).toNanos();
        for (int count = 0; count < plan.most() && due < end && quietUntil(due); count++) {
            Plan.Strike strike = Plan.strike(random, possible, plan.onlyWorkers() ? site.present() : site.services());
            counts.merge(strike.fault(), 1, Integer::sum);
            happen(strike.fault(), strike.victim());
            site.lookAfter();
            due = (plan.every() == null ? System.nanoTime() : due)
                    + plan.pause(random).toNanos();
        }
        if (plan.every() != null && due >= end) {
            quietUntil(end); // what was not disturbed counts, too
        }
        ended = WorkersWatch.now();
        store.mend();
        site.resize(site.workers().size());
        wrongClocks.forEach(this::killAndRestart);
        site.awaitRunning();
    }

    /** Whether there is still something to disturb then. */
    private boolean quietUntil(long time) {
        while (System.nanoTime() < time && !isOver()) {
            sleep(Duration.ofNanos(Math.min(time - System.nanoTime(), LOOK_AGAIN.toNanos())));
        }
        return !isOver();
    }

    private boolean isOver() {
        return plan.onlyWorkers() && training.ended();
    }

    /** When it ended, on the clock of {@link WorkersWatch}. */
    double ended() {
        return ended;
    }

    /** How often each has happened. */
    Map<Fault, Integer> counts() {
        return counts;
    }

    private void happen(Fault fault, String victim) {
        training.struck(fault, victim, WorkersWatch.now());
        switch (fault) {
            case KILL -> {
                say("kill " + victim);
                killAndRestart(victim);
            }
            case STOP -> {
                say("stop " + victim);
                stop(victim);
            }
            case TWIN -> twin(victim);
            case BROKER_KILL -> {
                say("kill the broker");
                killAndRestart(Broker.NAME);
            }
            case BROKER_STOP -> {
                say("stop the broker");
                stop(Broker.NAME);
            }
            case STORE_OUTAGE -> {
                Duration length = upTo(LONGEST_STOP);
                say("no store for %.1f s".formatted(length.toMillis() / 1e3));
                store.outage(length);
            }
            case STORE_FULL -> {
                Duration length = upTo(LONGEST_STOP);
                say("no room in the store for %.1f s".formatted(length.toMillis() / 1e3));
                store.full(length);
            }
            case CLOCK -> {
                Duration step = upTo(LARGEST_STEP.multipliedBy(2)).minus(LARGEST_STEP);
                say("kill %s; its clock is off by %d s from now on".formatted(victim, step.toSeconds()));
                site.kill(victim);
                site.restart(victim, Objects.requireNonNull(clocks), step);
                wrongClocks.add(victim);
            }
            case RESIZE -> {
                int count = 1 + random.nextInt(site.workers().size());
                say(count + " of " + site.workers().size() + " workers");
                site.resize(count);
            }
        }
    }

    private void killAndRestart(String name) {
        site.kill(name);
        sleep(upTo(Duration.ofSeconds(3)));
        site.restart(name); // with a right clock
    }

    private void stop(String name) {
        site.stop(name);
        sleep(upTo(LONGEST_STOP));
        site.resume(name);
    }

    /** The one that stood still wakes up beside its successor; one of them is killed, and in the end the first one is left. */
    private void twin(String name) {
        say("twin of " + name);
        site.stop(name);
        String twin = site.startTwin(name);
        sleep(upTo(LONGEST_STOP));
        site.resume(name);
        sleep(upTo(LONGEST_STOP));
        if (random.nextBoolean()) {
            site.kill(name);
            sleep(upTo(LONGEST_STOP));
            site.restart(name);
        }
        site.kill(twin);
    }

    private Duration upTo(Duration longest) {
        return Duration.ofMillis(random.nextLong(longest.toMillis()));
    }

    private void say(String what) {
        console.line("  " + what);
    }

    private static void sleep(Duration duration) {
        LockSupport.parkNanos(duration.toNanos());
    }
}
