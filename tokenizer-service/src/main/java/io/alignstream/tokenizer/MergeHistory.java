package io.alignstream.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Which merges a token is made of, for people who want to see how a tokenizer thinks. Immutable, thread-safe. */
final class MergeHistory {

    /**
     * A learned merge.
     *
     * @param order how early it was learned, 1 is the most frequent pair of all
     */
    record Merge(int order, String left, String right, String token) {}

    private final Map<String, Merge> byToken = new HashMap<>();

    MergeHistory(Tokenizer tokenizer) {
        try {
            int order = 0;
            for (JsonNode pair : new ObjectMapper()
                    .readTree(tokenizer.toJson())
                    .path("model")
                    .path("merges")) {
                String left = pair.path(0).asText();
                String right = pair.path(1).asText();
                byToken.putIfAbsent(left + right, new Merge(++order, left, right, left + right));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("a tokenizer's own JSON does not parse", e);
        }
    }

    /** The merges behind {@code tokens} in the order in which they were learned. */
    List<Merge> of(Collection<String> tokens) {
        Map<Integer, Merge> used = new TreeMap<>();
        Deque<String> open = new ArrayDeque<>(tokens);
        while (!open.isEmpty()) {
            Merge merge = byToken.get(open.pop());
            if (merge != null && used.putIfAbsent(merge.order(), merge) == null) {
                open.push(merge.left());
                open.push(merge.right());
            }
        }
        return List.copyOf(used.values());
    }
}
