package io.alignstream.local.world;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The sentence templates of the documents.
 *
 * <p>A text of a kind is one alternative of each of its parts, in order. Braces name slots: a fact of the city, a list
 * of {@code words}, or a draw of {@link DocumentTexts}.
 *
 * @param words lists of interchangeable words, by slot name
 * @param kinds kinds of documents; their shares sum to {@value #SHARES}
 */
record Corpus(Map<String, List<String>> words, List<Kind> kinds) {

    static final int SHARES = 100;

    Corpus {
        words = Map.copyOf(words);
        kinds = List.copyOf(kinds);
        int sum = kinds.stream().mapToInt(Kind::share).sum();
        if (sum != SHARES) {
            throw new IllegalArgumentException("the shares of the kinds sum to " + sum + " instead of " + SHARES);
        }
    }

    static Corpus load() {
        return World.resource("corpus.json", Corpus.class);
    }

    List<String> wordList(String name) {
        List<String> list = words.get(name);
        if (list == null) {
            throw new IllegalArgumentException("there is no slot or word list called " + name);
        }
        return list;
    }

    /**
     * One kind of document.
     *
     * @param share documents of this kind among {@value #SHARES}
     * @param register which names of sights it uses
     * @param city the only city that it is about, or null for all
     */
    record Kind(String name, int share, Register register, @Nullable String city, List<List<String>> parts) {}

    /** Which names of sights a kind of document uses. */
    enum Register {
        @JsonProperty("colloquial")
        COLLOQUIAL,
        @JsonProperty("formal")
        FORMAL,
        /** One of the two, drawn for each document. */
        @JsonProperty("any")
        ANY
    }
}
