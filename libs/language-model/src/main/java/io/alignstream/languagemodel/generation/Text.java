package io.alignstream.languagemodel.generation;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A text that an {@link Engine} writes. */
public final class Text {

    private final TextRequest request;
    private final KeyValueCache.Place place;
    private final int[] tokens;
    /** Tokens of prompt and answer. */
    private int length;
    /** Those of them whose keys and values stand in the cache. */
    private int fed;

    private final Map<Integer, Integer> counts = new HashMap<>();
    private final Set<Integer> seen = new HashSet<>();

    Text(TextRequest request, KeyValueCache.Place place) {
        this.request = request;
        this.place = place;
        this.length = request.prompt().length;
        this.fed = place.known();
        this.tokens = Arrays.copyOf(request.prompt(), length + request.maxTokens());
        if (request.sampler().penalties().repetition() != 1) {
            for (int token : request.prompt()) {
                seen.add(token);
            }
        }
    }

    TextRequest request() {
        return request;
    }

    KeyValueCache.Place place() {
        return place;
    }

    int fed() {
        return fed;
    }

    int left() {
        return length - fed;
    }

    int token(int position) {
        return tokens[position];
    }

    /** The answer so far, without the prompt. */
    public int[] answer() {
        return Arrays.copyOfRange(tokens, request.prompt().length, length);
    }

    /** Whether the answer is as long as it may become. */
    public boolean complete() {
        return length == tokens.length;
    }

    /** {@code count} tokens more stand in the cache; tells whether nothing is left to be fed. */
    boolean feed(int count) {
        fed += count;
        return left() == 0;
    }

    void append(int token) {
        tokens[length++] = token;
        seen.add(token);
        counts.merge(token, 1, Integer::sum);
        request.constraint().ifPresent(constraint -> constraint.advance(token));
    }

    boolean constrained() {
        return request.constraint().isPresent();
    }

    BitSet allowed() {
        return request.constraint().orElseThrow().allowed();
    }

    /** Temperature, top-p, top-k, min-p and a number, from index {@code at} on. */
    void sampling(double[] to, int at) {
        TokenSampler sampler = request.sampler();
        to[at] = sampler.temperature();
        to[at + 1] = sampler.topP();
        to[at + 2] = sampler.topK();
        to[at + 3] = sampler.minP();
        to[at + 4] = request.uniforms().getAsDouble();
    }

    /** What bias and penalties change about the logits of {@code row}: row, token, factor, what is added. */
    void edits(int row, int candidates, List<double[]> to) {
        TokenSampler.Penalties penalties = request.sampler().penalties();
        Set<Integer> changed = new HashSet<>(request.sampler().bias().keySet());
        if (penalties.repetition() != 1) {
            changed.addAll(seen);
        }
        if (penalties.presence() != 0 || penalties.frequency() != 0) {
            changed.addAll(counts.keySet());
        }
        for (int token : changed) {
            if (token < candidates) {
                int count = counts.getOrDefault(token, 0);
                double added = request.sampler().bias().getOrDefault(token, 0.0)
                        - (count > 0 ? penalties.presence() : 0)
                        - count * penalties.frequency();
                to.add(new double[] {
                    row, token, penalties.repetition() != 1 && seen.contains(token) ? penalties.repetition() : 1, added
                });
            }
        }
    }
}
