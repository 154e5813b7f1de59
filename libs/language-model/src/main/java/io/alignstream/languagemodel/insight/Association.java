package io.alignstream.languagemodel.insight;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.tokenizer.ChatTemplate;
import io.alignstream.languagemodel.tokenizer.Conversation;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How probable a network finds whole answers: what the demo's report and the explorer mean by it.
 *
 * <p>A base model is asked by continuation, the models after it through the chat template. All logarithms are natural.
 */
public final class Association {

    private static final int BATCH = 64;

    private Association() {}

    /**
     * Log probability that each whole candidate, with the document end, continues the prefix at its place.
     *
     * <p>Nothing stands before the prefix, as where a packed training sequence begins in the middle of a document. An end
     * of document there would say that the phrase starts a document.
     *
     * @return {@code [candidates]}, not normalised
     * @throws InvalidInputException if one is longer than the model's positions
     */
    public static double[] continuations(
            Transformer network, Tokenizer tokenizer, List<String> prefixes, List<String> candidates) {
        List<int[]> rows = new ArrayList<>();
        List<boolean[]> counted = new ArrayList<>();
        for (int i = 0; i < candidates.size(); i++) {
            int[] given = tokenizer.encode(prefixes.get(i));
            int[] text = tokenizer.encode(prefixes.get(i) + candidates.get(i));
            int[] row = Arrays.copyOf(text, text.length + 1);
            row[text.length] = tokenizer.endOfDocument();
            int mismatch = Arrays.mismatch(given, text);
            boolean[] asked = new boolean[row.length];
            Arrays.fill(asked, mismatch < 0 ? given.length : Math.min(mismatch, given.length), row.length, true);
            rows.add(row);
            counted.add(asked);
        }
        return sums(network, rows, counted);
    }

    /**
     * Log probability that each whole candidate, with the end of turn, is the answer to {@code prompt} in the chat
     * template.
     *
     * @return {@code [candidates]}, not normalised
     * @throws InvalidInputException if one is longer than the model's positions, or the template refuses the prompt
     */
    public static double[] answers(Transformer network, Tokenizer tokenizer, String prompt, List<String> candidates) {
        List<Conversation> conversations = candidates.stream()
                .map(candidate -> ChatTemplate.conversation(tokenizer, List.of(Message.user(prompt)), candidate))
                .toList();
        return sums(
                network,
                conversations.stream().map(Conversation::ids).toList(),
                conversations.stream().map(Conversation::learned).toList());
    }

    /** The candidates' shares of their probability together: they sum to 1. */
    public static double[] shares(double... logs) {
        double most = Arrays.stream(logs).max().orElse(0);
        double sum = Arrays.stream(logs).map(log -> Math.exp(log - most)).sum();
        return Arrays.stream(logs).map(log -> Math.exp(log - most) / sum).toArray();
    }

    /**
     * Sum of the log probabilities of those tokens of each row that count, {@code [rows]}.
     *
     * @param counted for each row, which of its tokens count; its first never does
     * @throws InvalidInputException if a row is longer than the model's positions
     */
    public static double[] sums(Transformer network, List<int[]> rows, List<boolean[]> counted) {
        int positions = network.config().maxPositions();
        for (int[] row : rows) {
            if (row.length - 1 > positions) {
                throw new InvalidInputException(Reason.of("insight.tooLong")
                        .with("tokens", row.length - 1)
                        .with("positions", positions));
            }
        }
        double[] sums = new double[rows.size()];
        for (int begin = 0; begin < sums.length; begin += BATCH) {
            int end = Math.min(begin + BATCH, sums.length);
            float[][] logs =
                    network.logProbabilities(Sequences.of(rows.subList(begin, end), counted.subList(begin, end)), 1);
            for (int i = 0; i < logs.length; i++) {
                for (float log : logs[i]) {
                    sums[begin + i] += log;
                }
            }
        }
        return sums;
    }
}
