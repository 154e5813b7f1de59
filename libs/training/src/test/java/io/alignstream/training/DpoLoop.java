package io.alignstream.training;

import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.objective.DpoObjective;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.training.dataset.PreferencePair;
import io.alignstream.training.dataset.RankedAnswers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;

/** Direct preference optimisation on one batch of pairs, for as many steps as its settings say. */
final class DpoLoop implements TrainingLoop {

    private final Inputs inputs;
    private final Transformer policy;
    private final Learner learner;
    private final DpoObjective.Batch pairs;
    private long step;

    /** What a service's configuration would say. */
    record Settings(double beta, double learningRate, long steps) {}

    /** The frozen inputs: a reference model, and rankings as a reward model would learn from them. */
    record Inputs(Settings settings, Transformer reference, Tokenizer tokenizer, List<RankedAnswers> requests)
            implements TrainingLoop.Inputs {

        @Override
        public DpoLoop begin(Recovery recovery) {
            return new DpoLoop(this, reference.copy(), 0);
        }

        @Override
        public DpoLoop resume(StoredState stored, Recovery recovery) throws IOException {
            DpoLoop loop = new DpoLoop(this, Transformer.load(stored.folder()), stored.step());
            loop.learner.restore("", stored.tensors());
            return loop;
        }
    }

    private DpoLoop(Inputs inputs, Transformer policy, long step) {
        this.inputs = inputs;
        this.policy = policy;
        this.learner = new Learner(policy, AdamW.Settings.REINFORCEMENT);
        this.step = step;
        List<Conversation> rows = chosenAndRejected(inputs.requests);
        Sequences answers = Sequences.of(
                rows.stream().map(Conversation::ids).toList(),
                rows.stream().map(Conversation::learned).toList(),
                inputs.tokenizer.pad());
        this.pairs = new DpoObjective.Batch(answers, inputs.reference.answerLogProbabilities(answers));
    }

    /** Each chosen answer before its rejected one; a tie chooses none. */
    private static List<Conversation> chosenAndRejected(List<RankedAnswers> requests) {
        List<Conversation> rows = new ArrayList<>();
        for (RankedAnswers request : requests) {
            for (PreferencePair pair : request.pairs()) {
                if (!pair.tied()) {
                    rows.add(request.answers().get(pair.better()));
                    rows.add(request.answers().get(pair.worse()));
                }
            }
        }
        return rows;
    }

    @Override
    public long done() {
        return step;
    }

    @Override
    public long total() {
        return inputs.settings.steps;
    }

    @Override
    public Step step() {
        Learner.Step<DpoObjective.Figures> now =
                learner.step(new DpoObjective(policy, inputs.settings.beta), pairs, inputs.settings.learningRate);
        step++;
        SequencedMap<String, Double> figures = new TreeMap<>(
                Map.of("loss", now.loss().loss(), "margin", now.loss().margin()));
        return new Step(figures, new Speed("pairsPerSecond", pairs.reference().length / 2), Optional.empty());
    }

    @Override
    public Map<String, Long> position() {
        return Map.of("step", step);
    }

    @Override
    public ModelFiles model() {
        return ModelFiles.of(
                policy.config(), inputs.tokenizer, new int[] {inputs.tokenizer.endOfTurn()}, policy.tensors());
    }

    @Override
    public SequencedMap<String, Tensor> state() {
        return new LinkedHashMap<>(learner.state(""));
    }

    @Override
    public SequencedMap<String, Double> finish(SequencedMap<String, Double> last, Optional<BestModel> best) {
        return last;
    }

    @Override
    public void close() {
        learner.close();
        policy.close();
    }
}
