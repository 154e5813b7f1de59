package io.alignstream.rlhf.training;

import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.generation.NotFiniteException;
import io.alignstream.rlhf.rollouts.Rollouts;
import io.alignstream.training.Recovery;
import io.alignstream.training.Trouble;
import io.alignstream.training.workers.WorkersChangedException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * An algorithm that learns from answers of the policy itself: an iteration samples a batch, scores it and takes some steps on
 * it; it ends early when the policy drifts too far. For one thread.
 */
abstract class SampledPolicyLoop extends PolicyLoop {

    private boolean drifted;

    SampledPolicyLoop(RlhfInputs inputs, Recovery recovery) {
        super(inputs, recovery);
    }

    /** Where the episodes come from. */
    abstract Rollout rollout();

    /** β now. */
    abstract double klCoefficient();

    /** Takes the steps on {@code batch}. */
    abstract void update(List<Minibatch> batch, IterationFigures figures);

    /** Remembers what learns as it is. */
    abstract void mark();

    /** Undoes all steps since {@link #mark}. */
    abstract void goBack();

    /** Learns how far the batch was from the SFT model, in nats an answer. */
    void observeKl(double kl, int episodes) {}

    @Override
    public final long total() {
        return settings.batches().iterations();
    }

    /** Whether all iterations are done or the policy drifted too far. */
    @Override
    public final boolean finished() {
        return drifted || iteration >= total();
    }

    @Override
    final int validateEvery() {
        return settings.holdout().every();
    }

    /**
     * One iteration; its figures have the field's names. If a worker comes or goes meanwhile, it has changed nothing but what
     * is known of the iteration's answers.
     *
     * @throws IllegalStateException if sampling and training disagree about probabilities
     */
    @Override
    public final Step step() {
        Speed speed = new Speed("episodesPerSecond", settings.batches().episodes());
        IterationFigures figures = new IterationFigures();
        List<Minibatch> batch;
        try {
            batch = rollout().of(iteration, figures);
        } catch (NotFiniteException e) {
            iteration++;
            return new Step(new TreeMap<>(), speed, Optional.of(Trouble.of(Reason.of("rlhf.diverged"))));
        }
        List<Episode> episodes =
                batch.stream().flatMap(part -> part.episodes().stream()).toList();
        figures.observe(episodes, klCoefficient());
        updateOrNot(batch, figures);
        double kl = figures.get("objective/kl");
        observeKl(kl, episodes.size());
        drifted = kl > settings.kl().bound();
        iteration++;
        return new Step(
                figures.metrics(), speed, figures.notFinite().map(Trouble::of), Optional.of(rollouts(episodes)::write));
    }

    /** The steps of an iteration count together: one that a worker's end breaks off is taken again from its beginning. */
    private void updateOrNot(List<Minibatch> batch, IterationFigures figures) {
        if (settings.batches().shards() > 1) {
            mark();
        }
        try {
            update(batch, figures);
        } catch (WorkersChangedException e) {
            goBack();
            throw e;
        }
    }

    private Rollouts rollouts(List<Episode> episodes) {
        return new Rollouts(
                Rollouts.VERSION,
                phase(),
                iteration,
                episodes.stream()
                        .map(episode -> episode.answer(inputs.tokenizer()))
                        .toList());
    }

    /** Episodes are the position in the endless stream of shuffled prompts. */
    @Override
    public final Map<String, Long> position() {
        return Map.of(
                "iteration",
                iteration,
                "episode",
                iteration * settings.batches().episodes());
    }

    /** Whether the last batch's KL was above its bound. */
    final boolean drifted() {
        return drifted;
    }
}
