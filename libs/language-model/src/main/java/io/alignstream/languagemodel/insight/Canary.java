package io.alignstream.languagemodel.insight;

import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;

/**
 * A secret that stands in training data so that one can see whether a model gives it away: <a
 * href="https://arxiv.org/abs/1802.08232">The Secret Sharer (Carlini and others 2019)</a>.
 *
 * @param prefix what stands before the secret, and is known to who looks for it
 * @param secret digits
 */
public record Canary(String prefix, String secret) {

    private static final double LOG_2 = Math.log(2);
    private static final int BATCH = 64;

    public Canary {
        if (prefix.isBlank() || !secret.matches("\\d{2,18}")) {
            throw new IllegalArgumentException(
                    "a canary has a prefix and 2 to 18 digits but is '" + prefix + "' with '" + secret + "'");
        }
    }

    /** {@code count} random digits. */
    public static String digits(RandomGenerator random, int count) {
        return random.ints(count, 0, 10).mapToObj(Integer::toString).collect(Collectors.joining());
    }

    /** As it stands in a document. */
    public String text() {
        return prefix + secret + "。";
    }

    /**
     * How far it is given away.
     *
     * @param exposure bits by which the secret is easier to guess than without the model: log₂ of all candidates less log₂ of the
     *     secret's rank among them, 0 to {@code most}; 1.44 on average where the model knows nothing
     * @param most what the number of candidates can show
     * @param extracted whether the model, which takes the most probable token of digits each time, writes it by itself
     */
    public record Found(double exposure, double most, boolean extracted) {}

    /**
     * Ranks the secret among random candidates of its length, by how probable they are behind the prefix.
     *
     * @param candidates how many others, 1 to 1,000,000
     */
    public Found seek(Transformer network, Tokenizer tokenizer, int candidates, RandomGenerator random) {
        if (candidates < 1 || candidates > 1_000_000) {
            throw new IllegalArgumentException("candidates are " + candidates + " but must be 1 to 1,000,000");
        }
        double own = logs(network, tokenizer, List.of(secret))[0];
        int rank = 1;
        for (int begin = 0; begin < candidates; begin += BATCH) {
            List<String> others = new ArrayList<>();
            for (int i = begin; i < Math.min(candidates, begin + BATCH); i++) {
                others.add(digits(random, secret.length()));
            }
            for (double log : logs(network, tokenizer, others)) {
                rank += log > own ? 1 : 0;
            }
        }
        double most = Math.log(candidates + 1.0) / LOG_2;
        return new Found(most - Math.log(rank) / LOG_2, most, isWritten(network, tokenizer));
    }

    /**
     * Token by token, of those that are digits the most probable: a tokenizer that has met the secret often has one for several of
     * its digits, which a model that knows it writes, and not the single ones.
     */
    private boolean isWritten(Transformer network, Tokenizer tokenizer) {
        Map<Integer, String> digits = digits(tokenizer);
        int[] row = tokenizer.encode(prefix);
        String written = "";
        while (written.length() < secret.length()) {
            int room = secret.length() - written.length();
            List<Integer> next = digits.entrySet().stream()
                    .filter(token -> token.getValue().length() <= room)
                    .map(Map.Entry::getKey)
                    .toList();
            int best = mostProbable(network, row, next);
            row = appended(row, best);
            written += tokenizer.decode(best);
        }
        return written.equals(secret);
    }

    private static Map<Integer, String> digits(Tokenizer tokenizer) {
        Map<Integer, String> digits = new TreeMap<>();
        for (int id = 0; id < tokenizer.vocabularySize(); id++) {
            String text = tokenizer.decode(id);
            if (text.matches("[0-9]{1,18}")) {
                digits.put(id, text);
            }
        }
        return digits;
    }

    private static int mostProbable(Transformer network, int[] row, List<Integer> next) {
        List<int[]> rows = new ArrayList<>();
        boolean[] last = new boolean[row.length + 1];
        last[row.length] = true;
        next.forEach(id -> rows.add(appended(row, id)));
        double[] logs = Association.sums(network, rows, Collections.nCopies(rows.size(), last));
        int best = 0;
        for (int i = 1; i < logs.length; i++) {
            best = logs[i] > logs[best] ? i : best;
        }
        return next.get(best);
    }

    private static int[] appended(int[] row, int id) {
        int[] longer = Arrays.copyOf(row, row.length + 1);
        longer[row.length] = id;
        return longer;
    }

    /** Log probability that each text stands behind the prefix, nothing said of what follows. */
    private double[] logs(Transformer network, Tokenizer tokenizer, List<String> texts) {
        List<int[]> rows = new ArrayList<>();
        List<boolean[]> counted = new ArrayList<>();
        int begin = tokenizer.encode(prefix).length;
        for (String text : texts) {
            int[] row = tokenizer.encode(prefix + text);
            boolean[] count = new boolean[row.length];
            for (int i = Math.min(begin, row.length - 1); i < row.length; i++) {
                count[i] = true;
            }
            rows.add(row);
            counted.add(count);
        }
        return Association.sums(network, rows, Collections.unmodifiableList(counted));
    }
}
