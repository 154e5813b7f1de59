package io.alignstream.languagemodel.generation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A text that an {@link Engine} writes. */
public final class Text {

    /** Tokens that have to be the same for a guess. */
    private static final int ALIKE = 3;

    private final TextRequest request;
    private final KeyValueCache.Place place;
    private final int[] tokens;
    /** Tokens of prompt and answer. */
    private int length;
    /** Those of them whose keys and values stand in the cache. */
    private int fed;

    /** Tokens behind the last one that are only guessed. */
    private int[] guessed = {};
    /** What may come next, if a constraint says so. */
    private @Nullable BitSet allowed;

    private @Nullable Throwable failure;
    /** Numbers that were asked for and have not decided anything yet. */
    private final List<Double> numbers = new ArrayList<>();

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

    /** Tokens of its prompt that are not computed again, as a text before began alike. */
    public int reused() {
        return place.known();
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

    int length() {
        return length;
    }

    /**
     * Guesses at most so many tokens: what followed last time when the last {@value #ALIKE} were the same. They stay within
     * the block that the last token is in, and are never the last one of the answer.
     */
    int guess(int most) {
        guessed = new int[0];
        int room = Math.min(
                Math.min(most, tokens.length - length - 1), KeyValueCache.BLOCK - 1 - fed % KeyValueCache.BLOCK);
        if (constrained() || room < 1) {
            return 0;
        }
        for (int end = length - 1; end >= ALIKE; end--) {
            if (Arrays.equals(tokens, end - ALIKE, end, tokens, length - ALIKE, length)) {
                guessed = Arrays.copyOfRange(tokens, end, end + Math.min(room, length - end));
                System.arraycopy(guessed, 0, tokens, length, guessed.length);
                return guessed.length;
            }
        }
        return 0;
    }

    /** Whether what has come from {@code start} on is what was guessed. */
    boolean isAsGuessed(int start) {
        return Arrays.equals(tokens, start, length, guessed, 0, length - start);
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
        fed = length - 1;
        numbers.removeFirst();
        seen.add(token);
        counts.merge(token, 1, Integer::sum);
        try {
            request.constraint().ifPresent(constraint -> constraint.advance(token));
        } catch (RuntimeException | StackOverflowError e) {
            failure = e;
        }
    }

    /** Why it cannot go on, if its constraint has failed. */
    public Optional<Throwable> failure() {
        return Optional.ofNullable(failure);
    }

    boolean constrained() {
        return request.constraint().isPresent();
    }

    /** Asks the constraint, if there is one, what of the candidates may come next; false if that fails. */
    boolean isReady(int candidates) {
        if (failure == null && constrained()) {
            try {
                BitSet next = request.constraint().orElseThrow().allowed();
                int first = next.nextSetBit(0);
                if (first < 0 || first >= candidates) {
                    throw new IllegalStateException("the constraint allows no token");
                }
                allowed = next;
            } catch (RuntimeException | StackOverflowError e) {
                failure = e;
            }
        }
        return failure == null;
    }

    /** What was found to be possible. */
    BitSet allowed() {
        return Objects.requireNonNull(allowed);
    }

    /** Temperature, top-p, top-k, min-p and the number of the token behind so many guesses, from index {@code at} on. */
    void sampling(int guessed, double[] to, int at) {
        TokenSampler sampler = request.sampler();
        // so little is none: what a smaller one divides is no number any more
        to[at] = sampler.temperature() < 1e-5 ? 0 : sampler.temperature();
        to[at + 1] = sampler.topP();
        to[at + 2] = sampler.topK();
        to[at + 3] = sampler.minP();
        while (numbers.size() <= guessed) {
            numbers.add(request.uniforms().getAsDouble());
        }
        to[at + 4] = numbers.get(guessed);
    }

    /** What bias and penalties change about the logits of {@code row}, behind so many guesses: row, token, factor, what is added. */
    void edits(int guesses, int row, int candidates, List<double[]> to) {
        TokenSampler.Penalties penalties = request.sampler().penalties();
        Map<Integer, Integer> counts = this.counts;
        Set<Integer> seen = this.seen;
        if (guesses > 0 && !penalties.equals(TokenSampler.Penalties.NONE)) {
            counts = new HashMap<>(counts);
            seen = new HashSet<>(seen);
            for (int i = 0; i < guesses; i++) {
                counts.merge(guessed[i], 1, Integer::sum);
                seen.add(guessed[i]);
            }
        }
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
