package io.alignstream.textcleaning;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Finds texts that share a phrase of 13 words (20 characters where no spaces are written) with an evaluation set, as
 * GPT-3's authors did; immutable, thread-safe.
 *
 * <p>An evaluation text of fewer words counts as a whole; one of fewer than 8 words (12 characters) is too common to
 * tell anything and is left out.
 */
public final class Decontamination {

    /** Nothing to keep out. */
    public static final Decontamination NONE = new Decontamination(Map.of());

    private static final int PHRASE = 13;
    private static final int SHORTEST = 8;
    private static final int SPACELESS_PHRASE = 20;
    private static final int SPACELESS_SHORTEST = 12;

    private final Map<Integer, Set<Long>> phrases;

    private Decontamination(Map<Integer, Set<Long>> phrases) {
        this.phrases = phrases;
    }

    /** Keeps out what shares a phrase with one of {@code evaluationTexts}. */
    public static Decontamination against(Stream<String> evaluationTexts) {
        Map<Integer, Set<Long>> phrases = new TreeMap<>();
        evaluationTexts.forEach(text -> {
            Words words = Words.of(NormalisedText.of(text).text());
            boolean spaceless = words.spaceless() * 2 > words.count();
            int length = Math.min(spaceless ? SPACELESS_PHRASE : PHRASE, words.count());
            if (length >= (spaceless ? SPACELESS_SHORTEST : SHORTEST)) {
                Set<Long> ofLength = phrases.computeIfAbsent(length, n -> new HashSet<>());
                for (int i = 0; i + length <= words.count(); i++) {
                    ofLength.add(phrase(words, i, length));
                }
            }
        });
        return new Decontamination(new HashMap<>(phrases));
    }

    /** How many phrases are known. */
    public int size() {
        return phrases.values().stream().mapToInt(Set::size).sum();
    }

    /** The first phrase of {@code text} that is in an evaluation set. */
    Optional<String> find(String text, Words words) {
        for (Map.Entry<Integer, Set<Long>> known : phrases.entrySet()) {
            int length = known.getKey();
            for (int i = 0; i + length <= words.count(); i++) {
                if (known.getValue().contains(phrase(words, i, length))) {
                    return Optional.of(text.substring(words.start(i), words.end(i + length - 1)));
                }
            }
        }
        return Optional.empty();
    }

    private static long phrase(Words words, int at, int length) {
        long hash = length;
        for (int i = at; i < at + length; i++) {
            hash = Words.combine(hash, words.hash(i));
        }
        return hash;
    }
}
