package io.alignstream.rlhf.training;

import io.alignstream.languagemodel.exchange.PeftAdapter;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TunedNetwork;
import io.alignstream.languagemodel.objective.PolicyObjective;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.rlhf.gate.Gate;
import io.alignstream.training.BestModel;
import io.alignstream.training.BestWeights;
import io.alignstream.training.ModelFiles;
import io.alignstream.training.Recovery;
import io.alignstream.training.StoredState;
import io.alignstream.training.TrainingLoop;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * What every algorithm that aligns a policy does besides its steps: measures the policy on held-out prompts, keeps the best
 * one, and publishes the last or the best. For one thread.
 */
public abstract class PolicyLoop implements TrainingLoop {

    final RlhfInputs inputs;
    final RlhfSettings settings;
    final Recovery recovery;
    final BestWeights best = new BestWeights();
    /** Steps done. */
    long iteration;
    /** The best policy, if it is published and not the last one. */
    private @Nullable TunedNetwork published;

    PolicyLoop(RlhfInputs inputs, Recovery recovery) {
        this.inputs = inputs;
        this.settings = inputs.settings();
        this.recovery = recovery;
    }

    /** The policy as it is now; stays owned by the loop. */
    abstract TunedNetwork policy();

    /** Takes the next step; its figures have the field's names. */
    @Override
    public abstract Step step();

    /** Steps between two comparisons. */
    abstract int validateEvery();

    /** Goes on at the place of {@code stored}. */
    final void restore(StoredState stored) {
        best.restore(stored.tensors());
        iteration = stored.step();
    }

    @Override
    public final long done() {
        return iteration;
    }

    /** Compares with the SFT model, at times, on prompts that neither training nor the gate asks. */
    @Override
    public Evaluation evaluate() {
        if (iteration % validateEvery() != 0) {
            return Evaluation.NONE;
        }
        SequencedMap<String, Double> figures = inputs.validation()
                .compare(policy().network(), settings.holdout().answers());
        return new Evaluation(figures, OptionalDouble.of(Gate.judgement(settings.gate(), figures)), Optional.empty());
    }

    @Override
    public Optional<Transformer> writing() {
        return Optional.of(policy().network());
    }

    @Override
    public void keepAsBest() {
        best.keep(policy().views(), iteration);
    }

    @Override
    public ModelFiles model() {
        return files(policy());
    }

    /** The figures by which the gate decides. */
    @Override
    public SequencedMap<String, Double> finish(SequencedMap<String, Double> last, Optional<BestModel> bestModel)
            throws IOException {
        if (bestModel.isPresent() && best.tensors().isPresent()) {
            published = policy().with(best.tensors().get());
        }
        SequencedMap<String, Double> figures = inputs.gate()
                .compareForRelease(chosen().network(), settings.holdout().answers());
        bestModel.ifPresent(found -> figures.put("bestStep", (double) found.step()));
        return figures;
    }

    private TunedNetwork chosen() {
        return published == null ? policy() : published;
    }

    @Override
    public Optional<String> finishedPhase() {
        return Optional.of("gate");
    }

    @Override
    public ModelFiles finishedModel() {
        return files(chosen());
    }

    private ModelFiles files(TunedNetwork network) {
        Tokenizer tokenizer = inputs.tokenizer();
        ModelFiles files = ModelFiles.of(
                network.network().config(),
                tokenizer,
                new int[] {tokenizer.endOfTurn(), tokenizer.endOfDocument()},
                network.whole().views());
        return network.adapterViews()
                .map(adapters -> files.with(PeftAdapter.WEIGHTS, adapters))
                .orElse(files);
    }

    @Override
    public Map<String, Long> position() {
        return Map.of("iteration", iteration);
    }

    /** @throws IllegalStateException if sampling and training disagree about probabilities; no number is a trouble of the step */
    final void requireSameNumerics(PolicyObjective.Figures first) {
        double tolerance = settings.batches().ratioTolerance();
        if (first.greatestRatioGap() > tolerance) {
            throw new IllegalStateException("before the first update of iteration " + iteration
                    + " the probability ratio differs from 1 by " + first.greatestRatioGap() + ", more than "
                    + tolerance + ": scoring and training do not compute the same probabilities");
        }
    }

    @Override
    public void close() {
        if (published != null) {
            published.close();
        }
    }
}
