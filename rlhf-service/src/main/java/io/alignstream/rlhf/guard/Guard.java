package io.alignstream.rlhf.guard;

import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainingProgress;
import io.alignstream.contracts.guard.GuardDecision;
import io.alignstream.contracts.guard.GuardDecision.Verdict;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.rlhf.training.RlhfSettings;
import io.alignstream.stageruntime.Origin;
import io.alignstream.stageruntime.Subscriptions;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Watches the run that is being trained by what {@code training-progress} says of it, and wants it paused when a
 * {@link Signal} tells that it goes wrong; thread-safe.
 *
 * <p>It keeps nothing of its own: after a restart the figures come from {@code training-progress} again and the decisions from
 * {@code guard-decisions}. A pause is decided by the job that it stops, which publishes it when its state is stored; a crash in
 * between leaves the figures, which tell the same again before the run takes another step.
 */
@ApplicationScoped
public class Guard implements Subscriptions.EventHandler<GuardDecision> {

    private static final Logger LOG = Logger.getLogger(Guard.class);
    private static final int RUNS = 8;

    private final List<Signal> signals;
    private final SequencedMap<String, RunFigures> runs = new LinkedHashMap<>();
    private final Map<String, Entry> decisions = new HashMap<>();
    /** The run whose job is running. */
    private @Nullable String watched;

    private @Nullable Finding finding;

    private record Entry(GuardDecision decision, long offset) {}

    /**
     * What is known of a run.
     *
     * @param run its id, null before the first one
     * @param decision the newest one about it, null if the guard has not paused it
     * @param comparisons reward and judge by KL, beginning with the SFT model
     */
    public record Report(@Nullable String run, @Nullable GuardDecision decision, List<Comparison> comparisons) {}

    /** A guard that has heard of no run yet. */
    public Guard(GuardConfig config) {
        this.signals = signals(config);
    }

    /** The rules, the gravest first: of several that tell, the first is named. */
    private static List<Signal> signals(GuardConfig config) {
        int iterations = config.iterations();
        return List.of(
                new OverOptimisation(config.comparisons(), config.judgeLoss()),
                new StaleRewardModel(config.freshPairs(), config.freshAccuracyLoss()),
                new NegativeKl(iterations, config.negativeKl()),
                new RatioDrift(iterations, config.ratio()),
                new EndRate(iterations, config.endRate()),
                new LengthDrift(iterations, config.length()),
                new EntropyCollapse(iterations, config.entropy()));
    }

    /** Follows the topics that it learns from. */
    public void subscribe(Subscriptions subscriptions) {
        subscriptions.follow(Topic.GUARD_DECISIONS, this);
        subscriptions.follow(Topic.TRAINING_PROGRESS, (progress, origin) -> observe(progress));
    }

    @Override
    public void handle(GuardDecision decision, Origin origin) {
        put(decision, origin.offset());
    }

    @Override
    public synchronized void withdrawn(String run) {
        decisions.remove(run);
    }

    /** Takes in a decision, of which the topic's reader may not know yet. */
    synchronized void put(GuardDecision decision, long offset) {
        decisions.merge(
                decision.run(),
                new Entry(decision, offset),
                (known, other) -> other.offset() >= known.offset() ? other : known);
    }

    /** The newest decision about {@code run}; empty if the guard has not paused it. */
    public synchronized Optional<GuardDecision> decision(String run) {
        return Optional.ofNullable(decisions.get(run)).map(Entry::decision);
    }

    private synchronized void observe(TrainingProgress progress) {
        if (progress.stage() != Stage.RLHF || !isTraining(progress.job())) {
            return;
        }
        figures(progress.run()).add(progress.step(), progress.metrics());
        if (progress.run().equals(watched)) {
            look(progress.run());
        }
    }

    /** Whether a phase is one of steps, and not of the comparison at the end. */
    private static boolean isTraining(String phase) {
        return Arrays.stream(RlhfSettings.Algorithm.values())
                .anyMatch(algorithm -> algorithm.label().equals(phase));
    }

    private RunFigures figures(String run) {
        RunFigures known = runs.getOrDefault(run, new RunFigures());
        runs.putLast(run, known);
        if (runs.size() > RUNS) {
            runs.pollFirstEntry();
        }
        return known;
    }

    private void look(String run) {
        if (finding != null) {
            return;
        }
        RunFigures figures = figures(run);
        decision(run)
                .filter(decision -> decision.verdict() == Verdict.CONTINUED)
                .ifPresent(decision -> figures.after(decision.iteration()));
        finding = signals.stream()
                .flatMap(signal -> signal.look(figures).stream())
                .findFirst()
                .orElse(null);
        if (finding != null) {
            LOG.warnf("Run %s is to be paused: %s", run, Messages.english(finding.reason()));
        }
    }

    /** {@code run} goes on: what its figures say from now on counts, and what they have said before it was interrupted. */
    public synchronized void watch(String run) {
        watched = run;
        finding = null;
        look(run);
    }

    /** Why {@code run}, which is watched, should not go on; empty if it should. */
    public synchronized Optional<Finding> finding(String run) {
        return run.equals(watched) ? Optional.ofNullable(finding) : Optional.empty();
    }

    /** The run that was heard of last. */
    synchronized Report report() {
        if (runs.isEmpty()) {
            return decisions.values().stream()
                    .max((one, other) -> Long.compare(one.offset(), other.offset()))
                    .map(newest -> new Report(newest.decision().run(), newest.decision(), List.of()))
                    .orElse(new Report(null, null, List.of()));
        }
        String run = runs.lastEntry().getKey();
        return new Report(run, decision(run).orElse(null), figures(run).comparisons());
    }

    /** What people are told about a run that waits for them. */
    public static Reason waiting(GuardDecision pause) {
        return Reason.of("guard.paused")
                .with("run", pause.run())
                .with("iteration", pause.iteration())
                .with("finding", pause.finding());
    }
}
