package io.alignstream.sft;

import io.alignstream.languagemodel.network.LoraSettings;
import io.alignstream.languagemodel.optimiser.LinearSchedule;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.training.Trainer;
import io.alignstream.training.memory.ActivationMemory;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Everything configured about a fine-tuning run; {@link SftConfig} holds the range of each value.
 *
 * @param epochs passes over the conversations
 * @param batchInstructions instructions a step, each with all its answers
 * @param schedule of the learning rate
 * @param seed of the order of the conversations
 * @param heldOutShare share of the instructions, chosen by what is asked, that is measured on and never learned
 * @param validateEvery steps between two validations
 * @param training when the state is stored, what happens when training fails, and when to give up getting better
 * @param memory that a step may take, which goes through the network in as many parts as that needs
 * @param precision of products and activations
 * @param lora adapters that are trained instead of the weights; null trains all weights
 * @param shards parts of each step that workers share, a power of two; 1: one worker computes all
 * @param unknown what is learned of facts that the base model does not know; null: the reference answers
 */
public record SftSettings(
        int epochs,
        int batchInstructions,
        LinearSchedule schedule,
        long seed,
        double heldOutShare,
        int validateEvery,
        Trainer.Settings training,
        ActivationMemory memory,
        Precision precision,
        @Nullable Lora lora,
        int shards,
        @Nullable Unknown unknown) {

    public SftSettings {
        if (Integer.bitCount(shards) != 1) {
            throw new IllegalArgumentException("alignstream.sft.shards is " + shards + " but must be a power of two");
        }
    }

    /** The reference answers are learned, whatever the base model knows. */
    SftSettings(
            int epochs,
            int batchInstructions,
            LinearSchedule schedule,
            long seed,
            double heldOutShare,
            int validateEvery,
            Trainer.Settings training,
            ActivationMemory memory,
            Precision precision,
            @Nullable Lora lora,
            int shards) {
        this(
                epochs,
                batchInstructions,
                schedule,
                seed,
                heldOutShare,
                validateEvery,
                training,
                memory,
                precision,
                lora,
                shards,
                null);
    }

    /**
     * To say "I do not know" of facts that the base model does not know.
     *
     * @param share of the instructions that it fails whose answers are replaced, above 0
     * @param samples texts of the base model, of which one must hold an answer
     * @param answerTokens longest of them
     * @param chinese what is said to a question with Chinese characters
     * @param english what is said to any other
     */
    public record Unknown(double share, int samples, int answerTokens, String chinese, String english) {

        public Unknown {
            if (!(share > 0 && share <= 1) || samples < 1 || answerTokens < 1) {
                throw new IllegalArgumentException("alignstream.sft.unknown: share " + share
                        + " must lie above 0 and at most at 1, samples " + samples + " and answer-tokens "
                        + answerTokens + " must be 1 at least");
            }
            if (chinese.isBlank() || english.isBlank()) {
                throw new IllegalArgumentException(
                        "alignstream.sft.unknown.chinese and .english must say something: it is what the model learns to say");
            }
        }

        /** What is said to {@code question}. */
        String refusal(String question) {
            boolean han =
                    question.codePoints().anyMatch(c -> Character.UnicodeScript.of(c) == Character.UnicodeScript.HAN);
            return han ? chinese : english;
        }
    }

    /**
     * Low-rank adapters.
     *
     * @param rank inner size
     * @param alpha their products are multiplied by {@code alpha / rank}
     * @param targets projections with an adapter, names as in PEFT
     * @param controlTokens whether the embedding's rows of the control tokens are trained, too: a base model that never
     *     saw them cannot end a turn otherwise
     */
    public record Lora(int rank, double alpha, List<String> targets, boolean controlTokens) {
        public Lora {
            targets = List.copyOf(targets);
        }

        /** The adapters of a model with {@code tokenizer}; validates all values. */
        LoraSettings of(Tokenizer tokenizer) {
            List<Integer> rows = controlTokens ? LoraSettings.chatTokens(tokenizer) : List.of();
            return new LoraSettings(rank, alpha, new TreeSet<>(targets), rows);
        }
    }

    /** What shapes weights and figures; part of the run's identity, so nothing here may depend on time or place. */
    public Map<String, String> hyperparameters() {
        Map<String, String> values = new TreeMap<>();
        values.put("epochs", Integer.toString(epochs));
        values.put("batchInstructions", Integer.toString(batchInstructions));
        values.put("learningRate", Double.toString(schedule.peak()));
        values.put("warmupShare", Double.toString(schedule.warmupShare()));
        values.put("seed", Long.toString(seed));
        values.put("heldOutShare", Double.toString(heldOutShare));
        if (training.patience() > 0) {
            values.put("patience", Integer.toString(training.patience()));
            values.put("validateEvery", Integer.toString(validateEvery)); // there it is judged
        }
        memory.addTo(values);
        if (shards > 1) {
            values.put(
                    "shards", Integer.toString(shards)); // not how many workers there are: weights do not depend on it
        }
        if (shards > 1) {
            // what all workers must do in the same step
            values.put("validateEvery", Integer.toString(validateEvery));
            values.put("checkpointEvery", Long.toString(training.saving().every()));
            values.put("recoveries", Integer.toString(training.healing().recoveries()));
        }
        if (precision != Precision.FLOAT32) {
            values.put("precision", precision.label());
        }
        if (unknown != null) {
            values.put("unknown.share", Double.toString(unknown.share()));
            values.put("unknown.samples", Integer.toString(unknown.samples()));
            values.put("unknown.answerTokens", Integer.toString(unknown.answerTokens()));
            values.put("unknown.chinese", unknown.chinese());
            values.put("unknown.english", unknown.english());
        }
        if (lora != null) {
            values.put("lora.rank", Integer.toString(lora.rank()));
            values.put("lora.alpha", Double.toString(lora.alpha()));
            values.put("lora.targets", String.join(",", new TreeSet<>(lora.targets())));
            values.put("lora.controlTokens", Boolean.toString(lora.controlTokens()));
        }
        return values;
    }
}
