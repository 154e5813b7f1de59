package io.alignstream.stageruntime.job;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.guard.StageControl;
import io.alignstream.contracts.messages.Reason;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What holds a stage and its runs back, as {@link StageControl} has it: it outlives the service, so that a run that was
 * cancelled stays so, and one that kills the process is not tried for ever. Not thread-safe.
 */
final class HeldRuns {

    /**
     * Deaths of the process in a row after which a run is taken for their cause. More than attempts, since machines die for
     * other reasons, too.
     */
    static final int MAX_DEATHS = 10;

    /** Changes that one of a person counts for: where several processes have the stage's runs, it is the newer one for all of them. */
    private static final long PERSON = 1_000;

    private final Stage stage;
    private final Consumer<StageControl> keeper;
    private final SequencedMap<String, StageControl.Run> runs = new LinkedHashMap<>();
    private boolean paused;
    private long version;
    private StageControl.@Nullable Asked asked;

    /**
     * Nothing is held back yet.
     *
     * @param keeper hears of every change
     */
    HeldRuns(Stage stage, Consumer<StageControl> keeper) {
        this.stage = stage;
        this.keeper = keeper;
    }

    /** Takes over what an earlier process kept; what is older than what is known changes nothing. */
    void restore(StageControl kept) {
        if (isNews(kept)) {
            version = kept.version();
            paused = kept.paused();
            asked = kept.asked();
            runs.clear();
            kept.runs().forEach(run -> runs.put(run.run(), run));
        }
    }

    /**
     * Takes over what another process has changed meanwhile, but for how it fared with runs that this one has begun, too.
     *
     * @return whether a person has asked for something
     */
    boolean hear(StageControl kept) {
        if (!isNews(kept)) {
            if (kept.stage().equals(stage.id()) && kept.version() < version && kept.paused() != paused) {
                tell(); // it was written after what a person asked for, and without having heard it
            }
            return false;
        }
        boolean byPerson = kept.version() - version >= PERSON || !Objects.equals(kept.asked(), asked);
        version = kept.version();
        paused = kept.paused();
        asked = kept.asked();
        kept.runs()
                .forEach(run -> runs.merge(
                        run.run(),
                        run,
                        (own, others) -> new StageControl.Run(
                                own.run(),
                                others.cancelled(),
                                own.attempts(),
                                Math.min(own.deaths(), others.deaths()), // where it lasts it does not kill its process
                                own.failure())));
        return byPerson;
    }

    private boolean isNews(StageControl kept) {
        return kept.stage().equals(stage.id()) && kept.version() > version;
    }

    /** A person asks for something. */
    void ask(StageControl.Asked now) {
        asked = now;
        switch (now.action()) {
            case PAUSE -> paused = true;
            case RESUME -> paused = false;
            case TRIGGER, CANCEL -> {}
        }
        version += PERSON;
        keep();
    }

    /** What a person asked for last; null if nobody has. */
    StageControl.@Nullable Asked asked() {
        return asked;
    }

    boolean paused() {
        return paused;
    }

    int attempts(String run) {
        return run(run).attempts();
    }

    /** Ends of which nobody knows, the present one not counted before the run begins. */
    int deaths(String run) {
        return run(run).deaths();
    }

    boolean cancelled(String run) {
        return run(run).cancelled();
    }

    Optional<Reason> failure(String run) {
        return Optional.ofNullable(run(run).failure());
    }

    private StageControl.Run run(String run) {
        return runs.getOrDefault(run, new StageControl.Run(run, false, 0, 0, null));
    }

    /** Those that are not begun again by themselves: cancelled, or tried as often as they may. */
    Set<String> abandoned(int maxAttempts) {
        return runs.values().stream()
                .filter(run -> run.cancelled() || run.attempts() >= maxAttempts || run.deaths() >= MAX_DEATHS)
                .map(StageControl.Run::run)
                .collect(Collectors.toSet());
    }

    /** A run begins; until something else is known nobody has seen how it ended. */
    void begun(String run) {
        StageControl.Run before = run(run);
        put(before, before.attempts(), before.deaths() + 1, before.failure());
    }

    /** It has run for so long that it did not kill its process. */
    void lasting(String run) {
        StageControl.Run before = run(run);
        if (before.deaths() > 1) {
            put(before, before.attempts(), 1, before.failure());
        }
    }

    /** It returned because it was asked to: that was no attempt. */
    void stopped(String run) {
        StageControl.Run before = run(run);
        if (before.cancelled() || before.attempts() > 0) {
            put(before, before.attempts(), 0, before.failure());
        } else {
            forget(run);
        }
    }

    /** It returned; without a failure it is forgotten as soon as its result shows. */
    void ended(String run, @Nullable Reason failure) {
        StageControl.Run before = run(run);
        put(before, before.attempts() + 1, 0, failure);
    }

    void cancel(String run) {
        StageControl.Run before = run(run);
        put(new StageControl.Run(run, true, before.attempts(), before.deaths(), before.failure()));
    }

    /** Nothing is known of it any more. */
    void forget(String run) {
        if (runs.remove(run) != null) {
            keep();
        }
    }

    private void put(StageControl.Run before, int attempts, int deaths, @Nullable Reason failure) {
        put(new StageControl.Run(before.run(), before.cancelled(), attempts, deaths, failure));
    }

    private void put(StageControl.Run run) {
        runs.remove(run.run());
        if (runs.size() >= StageControl.MAX_RUNS) {
            runs.pollFirstEntry();
        }
        runs.put(run.run(), run);
        keep();
    }

    private void keep() {
        version++;
        tell();
    }

    private void tell() {
        List<StageControl.Run> kept = new ArrayList<>(runs.values());
        keeper.accept(new StageControl(stage.id(), paused, version, kept, asked));
    }
}
