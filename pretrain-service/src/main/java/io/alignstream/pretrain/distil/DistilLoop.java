package io.alignstream.pretrain.distil;

import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.Tensor;
import io.alignstream.languagemodel.network.Footprint;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.objective.DistillationObjective;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.languagemodel.optimiser.LinearSchedule;
import io.alignstream.languagemodel.random.SeededRandom;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.pretrain.data.Validation;
import io.alignstream.training.BestModel;
import io.alignstream.training.Learner;
import io.alignstream.training.ModelFiles;
import io.alignstream.training.Recovery;
import io.alignstream.training.StoredState;
import io.alignstream.training.TrainingLoop;
import io.alignstream.training.Trouble;
import io.alignstream.training.memory.ActivationMemory;
import io.alignstream.training.memory.MemoryPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SequencedMap;

/**
 * A student learns from a teacher, from random weights: {@link DistillationObjective} on rows of documents and conversations.
 *
 * <p>All rows come once in each pass, in another order each time, a function of seed and pass. AdamW with Muon as in
 * pretraining, a linear rise of the learning rate and a linear fall. With a share of 0 the teacher is not asked and not loaded: the
 * network that students are compared with. Left out: the teacher's hidden states and attention as further goals.
 *
 * <p>For one thread.
 */
public final class DistilLoop implements TrainingLoop {

    private static final String OPTIMISER = "optimiser";
    private static final double WARM_UP = 0.05;

    private final Inputs inputs;
    private final DistilSettings settings;
    private final Transformer student;
    private final Transformer teacher;
    private final Learner learner;
    private final DistillationObjective objective;
    private final Recovery recovery;
    private final LinearSchedule schedule;
    private final long batches;
    private long step;
    private long pass = -1;
    private int[] order = {};

    /**
     * The frozen inputs of a run.
     *
     * @param teacher folder with the teacher's files
     * @param text with the teacher's answers, at least one row to learn from
     */
    public record Inputs(DistilSettings settings, Path teacher, Tokenizer tokenizer, DistilText text)
            implements TrainingLoop.Inputs {

        public Inputs {
            if (text.training().isEmpty()) {
                throw new InvalidInputException(Reason.of("distil.noText"));
            }
        }

        private TransformerConfig shape() throws IOException {
            return settings.shape(TransformerConfig.load(teacher));
        }

        /** What the run will need of memory, from the shapes of both networks and its settings alone. */
        MemoryPlan memory() throws IOException {
            TransformerConfig config = shape();
            Footprint network = Footprint.of(config);
            Footprint asked = Footprint.of(TransformerConfig.load(teacher));
            int positions = Math.max(
                    settings.positions(),
                    Math.min(
                            ActivationMemory.DEFAULT.positions(config, Precision.FLOAT32),
                            settings.batch() * settings.positions()));
            long frozen = settings.share() > 0 ? asked.weights() + asked.prepared(Precision.FLOAT32) : 0;
            return MemoryPlan.of(Map.of(
                    MemoryPlan.Part.WEIGHTS,
                    network.weights(),
                    MemoryPlan.Part.FROZEN,
                    frozen,
                    MemoryPlan.Part.FILES,
                    settings.share() > 0 ? asked.weights() : 0,
                    MemoryPlan.Part.PREPARED,
                    network.prepared(Precision.FLOAT32),
                    MemoryPlan.Part.GRADIENTS,
                    2 * network.weights(),
                    MemoryPlan.Part.MOMENTS,
                    2 * network.weights(),
                    MemoryPlan.Part.ACTIVATIONS,
                    ActivationMemory.DEFAULT.kept(config, Precision.FLOAT32, positions),
                    MemoryPlan.Part.WORKSPACE,
                    DistillationObjective.workspace(config.vocabularySize())
                            + network.workspace(positions)
                            + (settings.share() > 0 ? asked.workspace(positions) : 0)));
        }

        @Override
        public DistilLoop begin(Recovery recovery) throws IOException {
            return loop(Transformer.initialise(shape(), settings.seed()), 0, Map.of(), recovery);
        }

        @Override
        public DistilLoop resume(StoredState stored, Recovery recovery) throws IOException {
            return loop(Transformer.load(stored.folder()), stored.step(), stored.tensors(), recovery);
        }

        private DistilLoop loop(Transformer student, long step, Map<String, Tensor> state, Recovery recovery)
                throws IOException {
            // without a teacher the objective is given the student in its place, and never asks it
            Transformer asked = settings.share() > 0 ? Transformer.load(teacher) : student;
            DistilLoop loop = new DistilLoop(this, student, asked, step, recovery);
            try {
                if (!state.isEmpty()) {
                    loop.learner.restore(OPTIMISER, state);
                }
                return loop;
            } catch (IOException | RuntimeException e) {
                loop.close();
                throw e;
            }
        }
    }

    private DistilLoop(Inputs inputs, Transformer student, Transformer teacher, long step, Recovery recovery) {
        this.inputs = inputs;
        this.settings = inputs.settings();
        this.student = student;
        this.teacher = teacher;
        this.learner = new Learner(student, AdamW.Settings.PRETRAINING);
        this.objective = new DistillationObjective(student, teacher, settings.temperature(), settings.share());
        this.recovery = recovery;
        this.schedule = new LinearSchedule(settings.learningRate(), WARM_UP);
        this.batches = Math.ceilDiv(inputs.text().training().size(), settings.batch());
        this.step = step;
    }

    @Override
    public long done() {
        return step;
    }

    @Override
    public long total() {
        return settings.steps();
    }

    @Override
    public Step step() {
        Sequences batch = rows(batch(step));
        double learningRate = schedule.learningRate(step, total()) * recovery.learningRateScale();
        Learner.Step<DistillationObjective.Figures> taken = learner.step(objective, batch, learningRate);
        step++;
        SequencedMap<String, Double> figures = new LinkedHashMap<>();
        figures.put("loss", taken.loss().loss());
        figures.put("crossEntropy", taken.loss().crossEntropy());
        if (settings.share() > 0) {
            figures.put("teacherKl", taken.loss().divergence());
        }
        figures.put("gradientNorm", taken.gradientNorm());
        figures.put("learningRate", learningRate);
        Optional<Trouble> trouble = Double.isFinite(taken.loss().loss()) && Double.isFinite(taken.gradientNorm())
                ? Optional.empty()
                : Optional.of(Trouble.notFinite(taken.loss().loss(), taken.gradientNorm(), learningRate));
        return new Step(figures, new Speed("tokensPerSecond", batch.targetCount()), trouble);
    }

    /** The rows of step {@code at}, from 0; the last batch of a pass may be a smaller one. */
    private List<Conversation> batch(long at) {
        List<Conversation> all = inputs.text().training();
        if (at / batches != pass) {
            pass = at / batches;
            order = SeededRandom.permutation(all.size(), SeededRandom.of(settings.seed(), "order", pass));
        }
        int from = (int) (at % batches) * settings.batch();
        return Arrays.stream(order, from, Math.min(all.size(), from + settings.batch()))
                .mapToObj(all::get)
                .toList();
    }

    private static Sequences rows(List<Conversation> rows) {
        return Sequences.of(
                rows.stream().map(Conversation::ids).toList(),
                rows.stream().map(Conversation::learned).toList());
    }

    @Override
    public Evaluation evaluate() {
        DistilText text = inputs.text();
        if (step % settings.validateEvery() != 0 && step != total()) {
            return Evaluation.NONE;
        }
        SequencedMap<String, Double> figures = new LinkedHashMap<>();
        Measured documents = measured(text.documents());
        Measured answers = measured(text.answers());
        if (documents.bytes > 0) {
            figures.put("validationBitsPerByte", documents.nats / Math.log(2) / documents.bytes);
        }
        if (answers.targets > 0) {
            figures.put("validationLoss", answers.nats / answers.targets);
        }
        return figures.isEmpty()
                ? Evaluation.NONE
                : new Evaluation(figures, OptionalDouble.of(figures.firstEntry().getValue()), Optional.empty());
    }

    private record Measured(double nats, long targets, long bytes) {}

    private Measured measured(List<Conversation> rows) {
        double nats = 0;
        long targets = 0;
        long bytes = 0;
        for (int from = 0; from < rows.size(); from += settings.batch()) {
            Sequences batch = rows(rows.subList(from, Math.min(rows.size(), from + settings.batch())));
            if (batch.targetCount() > 0) {
                nats += student.meanLoss(batch) * batch.targetCount();
                targets += batch.targetCount();
                bytes += Validation.bytes(batch, inputs.tokenizer());
            }
        }
        return new Measured(nats, targets, bytes);
    }

    @Override
    public Optional<Transformer> writing() {
        return Optional.of(student);
    }

    @Override
    public Map<String, Long> position() {
        return Map.of("epoch", step / batches, "nextBatch", step % batches);
    }

    @Override
    public ModelFiles model() {
        Tokenizer tokenizer = inputs.tokenizer();
        int[] ends = {tokenizer.endOfTurn(), tokenizer.endOfDocument()};
        return ModelFiles.of(student.config(), tokenizer, ends, student.views()).inTorchFormat();
    }

    @Override
    public SequencedMap<String, Tensor> state() {
        return learner.state(OPTIMISER);
    }

    /** Nobody goes on from a student. */
    @Override
    public SequencedMap<String, Tensor> finishedState() {
        return new LinkedHashMap<>();
    }

    @Override
    public SequencedMap<String, Double> finish(SequencedMap<String, Double> last, Optional<BestModel> best) {
        return last;
    }

    @Override
    public void close() {
        learner.close();
        if (teacher != student) {
            teacher.close();
        }
        student.close();
    }
}
