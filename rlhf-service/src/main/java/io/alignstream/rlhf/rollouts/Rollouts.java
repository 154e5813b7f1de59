package io.alignstream.rlhf.rollouts;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * The answers of one iteration with what they were worth; a file of the run's records. Which SFT model and which reward model
 * it was stands in the record's manifest.
 *
 * @param version of the file's form
 * @param algorithm that sampled them
 * @param iteration from 1
 */
public record Rollouts(int version, String algorithm, long iteration, List<Answer> answers) {

    /** The present {@link #version}. */
    public static final int VERSION = 1;

    static final String FILE = "rollouts.json";

    private static final JsonMapper JSON = JsonMapper.builder().build();

    public Rollouts {
        if (version != VERSION) {
            throw new IllegalArgumentException("rollouts have version " + version + "; known is " + VERSION);
        }
        answers = List.copyOf(answers);
    }

    /**
     * One sampled answer.
     *
     * @param prompt the whole prompt as text
     * @param promptTokens its ids, up to the assistant's token
     * @param answerTokens the answer's ids, the end token included if it ended
     * @param logProbabilities of the answer's tokens under the policy that sampled them
     * @param sftLogProbabilities the same under the SFT model
     * @param score the reward that training used, clipped and with penalties
     * @param ended whether the answer ends by itself
     */
    public record Answer(
            String prompt,
            String answer,
            int[] promptTokens,
            int[] answerTokens,
            float[] logProbabilities,
            float[] sftLogProbabilities,
            double score,
            boolean ended) {

        /** The k1 estimate of the divergence from the SFT model, in nats. */
        public double kl() {
            double kl = 0;
            for (int t = 0; t < logProbabilities.length; t++) {
                kl += logProbabilities[t] - sftLogProbabilities[t];
            }
            return kl;
        }

        /** Prompt and answer as one row of ids. */
        int[] row() {
            int[] row = Arrays.copyOf(promptTokens, promptTokens.length + answerTokens.length);
            System.arraycopy(answerTokens, 0, row, promptTokens.length, answerTokens.length);
            return row;
        }
    }

    /** Writes the file into {@code folder}. */
    public void write(Path folder) throws IOException {
        JSON.writeValue(folder.resolve(FILE).toFile(), this);
    }

    /**
     * Reads the file of {@code folder}.
     *
     * @throws IOException if it is missing or of another form
     */
    public static Rollouts read(Path folder) throws IOException {
        return JSON.readValue(Files.readAllBytes(folder.resolve(FILE)), Rollouts.class);
    }
}
