package io.alignstream.sft;

import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Reference;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.checkpoint.TrainingRun;
import io.alignstream.languagemodel.tokenizer.ControlToken;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.transformer.AdamW;
import io.alignstream.languagemodel.transformer.Sequences;
import io.alignstream.languagemodel.transformer.TorchRuntime;
import io.alignstream.languagemodel.transformer.Transformer;
import io.alignstream.languagemodel.transformer.TransformerConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Supervised fine-tuning of a base model on conversations.
 *
 * <p>Cross-entropy on the assistant's tokens and its end of turn only, AdamW without weight decay, linear warm-up and
 * decay. Left out: packing several conversations into a sequence, adapters, mixing in pretraining data.
 *
 * <p>All state is in the checkpoint, so a run that goes on from one ends with the same weights as one that was never
 * interrupted. For one thread.
 */
public final class SftLoop {

    private static final Logger LOG = LoggerFactory.getLogger(SftLoop.class);
    private static final String STATE_FILE = "training-state.safetensors";
    private static final String OPTIMISER = "optimiser";

    private final SftSettings settings;
    private final Path base;
    private final Tokenizer tokenizer;
    private final Conversations conversations;
    private final TrainingRun run;
    private final Monitor monitor;

    /** Watches the loop and can stop it. */
    public interface Monitor {

        /** Whether to write a checkpoint and return before the next step. */
        default boolean stopRequested() {
            return false;
        }

        /**
         * Reports a finished step.
         *
         * @param metrics loss, gradientNorm, learningRate, tokensPerSecond, at times validationLoss
         */
        void progress(long step, long totalSteps, Map<String, Double> metrics);
    }

    /** The finished model: its checkpoint, the steps and the figures of the last one. */
    public record Result(Reference checkpoint, long step, Map<String, Double> metrics) {}

    /**
     * A loop on frozen inputs.
     *
     * @param base folder of the base checkpoint, with its tokenizer
     * @param instructions in any order, ids distinct
     * @param run where checkpoints go and where the loop resumes
     * @throws IllegalArgumentException if no conversation is left to learn from
     * @throws IOException if the base checkpoint cannot be read
     */
    public SftLoop(
            SftSettings settings, Path base, Collection<Instruction> instructions, TrainingRun run, Monitor monitor)
            throws IOException {
        this.settings = settings;
        this.base = base;
        this.tokenizer = Tokenizer.load(base);
        int longest = TransformerConfig.load(base).maxPositions();
        this.conversations = Conversations.of(instructions, tokenizer, settings.heldOutShare(), longest);
        this.run = run;
        this.monitor = monitor;
        if (conversations.training().isEmpty()) {
            throw new IllegalArgumentException("no conversation to learn from: of " + instructions.size()
                    + " instructions " + conversations.heldOut().size() + " conversations are held out and "
                    + conversations.tooLong() + " are longer than the model's " + longest
                    + " tokens; add shorter ones or lower the held-out share");
        }
        if (conversations.tooLong() > 0) {
            LOG.atWarn()
                    .addKeyValue("runId", run.id())
                    .addKeyValue("conversations", conversations.tooLong())
                    .addKeyValue("longest", longest)
                    .log("Left out conversations that are longer than the model's positions");
        }
    }

    /**
     * Trains to the end or until asked to stop, from the run's newest checkpoint if it has one.
     *
     * @return empty if the loop was stopped; its state is stored then
     * @throws IllegalStateException if the loss is no longer a number
     */
    public Optional<Result> run() throws IOException {
        Optional<StoredCheckpoint> resume = run.newest();
        if (resume.isPresent() && resume.get().manifest().complete()) {
            StoredCheckpoint done = resume.get();
            return Optional.of(new Result(
                    done.reference(), done.manifest().step(), done.manifest().metrics()));
        }
        try (Transformer model =
                        Transformer.load(resume.map(StoredCheckpoint::folder).orElse(base));
                AdamW optimiser = new AdamW(model, AdamW.Settings.FINE_TUNING)) {
            long step = 0;
            if (resume.isPresent()) {
                step = resume.get().manifest().step();
                optimiser.restore(
                        OPTIMISER, Safetensors.read(resume.get().folder().resolve(STATE_FILE)));
            } else {
                likenChatTokens(model);
                save(0, false, Map.of(), model, optimiser);
            }
            return train(step, model, optimiser);
        }
    }

    /**
     * Pretraining never meets the chat's control tokens; they begin as what they resemble, so that a question in the
     * chat is to the network what a question in a document was, and little has to change.
     */
    private void likenChatTokens(Transformer model) {
        if (!tokenizer.name(tokenizer.user()).equals(ControlToken.USER.text())) {
            return; // a foreign model with control tokens of its own, which it was trained with
        }
        int lineEnd = tokenizer.encode("\n")[0];
        model.copyTokens(Map.of(
                tokenizer.user(), tokenizer.endOfDocument(),
                tokenizer.system(), tokenizer.endOfDocument(),
                tokenizer.assistant(), lineEnd,
                tokenizer.endOfTurn(), tokenizer.endOfDocument()));
    }

    private Optional<Result> train(long firstStep, Transformer model, AdamW optimiser) throws IOException {
        List<Conversation> training = conversations.training();
        long batches = EpochOrder.batches(training.size(), settings.batchConversations());
        long totalSteps = batches * settings.epochs();
        List<List<Conversation>> order = List.of();
        long savedStep = firstStep;
        long savedAt = System.nanoTime();
        Map<String, Double> metrics = new LinkedHashMap<>();
        for (long step = firstStep; step < totalSteps; ) {
            if (monitor.stopRequested()) {
                if (savedStep < step) {
                    save(step, false, metrics, model, optimiser);
                }
                return Optional.empty();
            }
            if (order.isEmpty() || step % batches == 0) {
                order = EpochOrder.of(training, settings.batchConversations(), settings.seed(), step / batches);
            }
            long began = System.nanoTime();
            Sequences batch = sequences(order.get((int) (step % batches)));
            double learningRate = settings.learningRate(step, totalSteps);
            AdamW.Step taken = optimiser.languageModelStep(batch, learningRate);
            requireFinite(taken, step, learningRate);
            step++;

            metrics.clear();
            metrics.put("loss", taken.loss());
            metrics.put("gradientNorm", taken.gradientNorm());
            metrics.put("learningRate", learningRate);
            double seconds = (System.nanoTime() - began) / 1e9;
            if (!conversations.heldOut().isEmpty() && (step % settings.validateEvery() == 0 || step == totalSteps)) {
                metrics.put("validationLoss", validationLoss(model));
            }
            monitor.progress(step, totalSteps, with(metrics, "tokensPerSecond", batch.ids().length / seconds));

            boolean byClock =
                    System.nanoTime() - savedAt >= settings.checkpointInterval().toNanos();
            if (step < totalSteps && (step % settings.checkpointEvery() == 0 || byClock)) {
                save(step, false, metrics, model, optimiser);
                savedStep = step;
                savedAt = System.nanoTime();
            }
        }
        metrics.put("conversations", (double) training.size());
        Reference checkpoint = save(totalSteps, true, metrics, model, optimiser);
        return Optional.of(new Result(checkpoint, totalSteps, Map.copyOf(metrics)));
    }

    /** Mean loss in nats over the answers' tokens of the held-out conversations. */
    private double validationLoss(Transformer model) {
        List<Conversation> heldOut = conversations.heldOut();
        double nats = 0;
        long targets = 0;
        for (int from = 0; from < heldOut.size(); from += settings.batchConversations()) {
            int to = Math.min(heldOut.size(), from + settings.batchConversations());
            Sequences scored = sequences(heldOut.subList(from, to));
            nats += model.meanLoss(scored) * scored.targetCount();
            targets += scored.targetCount();
        }
        return nats / targets;
    }

    private Sequences sequences(List<Conversation> batch) {
        return Sequences.of(
                batch.stream().map(Conversation::ids).toList(),
                batch.stream().map(Conversation::learned).toList(),
                tokenizer.pad());
    }

    /** The whole state, as a Hugging Face directory with the optimiser's moments beside. */
    private Reference save(long step, boolean complete, Map<String, Double> metrics, Transformer model, AdamW optimiser)
            throws IOException {
        long batches = EpochOrder.batches(conversations.training().size(), settings.batchConversations());
        Map<String, Long> position = Map.of("epoch", step / batches, "nextBatch", step % batches);
        return run.save(step, complete, position, metrics, TorchRuntime.fingerprint(), folder -> {
            int[] ends = {tokenizer.endOfTurn(), tokenizer.endOfDocument()};
            model.config().save(folder, ends, tokenizer.pad());
            tokenizer.save(folder);
            Safetensors.write(folder.resolve("model.safetensors"), model.tensors(), Map.of("format", "pt"));
            Safetensors.write(folder.resolve(STATE_FILE), optimiser.state(OPTIMISER), Map.of());
        });
    }

    private static Map<String, Double> with(Map<String, Double> metrics, String name, double value) {
        Map<String, Double> more = new LinkedHashMap<>(metrics);
        more.put(name, value);
        return more;
    }

    private static void requireFinite(AdamW.Step taken, long step, double learningRate) {
        if (!Double.isFinite(taken.loss()) || !Double.isFinite(taken.gradientNorm())) {
            throw new IllegalStateException("step " + (step + 1) + " gave loss " + taken.loss() + " and gradient norm "
                    + taken.gradientNorm() + " at learning rate " + learningRate
                    + "; lower the learning rate or lengthen the warm-up");
        }
    }
}
