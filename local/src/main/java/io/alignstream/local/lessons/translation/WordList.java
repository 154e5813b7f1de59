package io.alignstream.local.lessons.translation;

import io.alignstream.lessons.network.EncoderDecoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The vocabulary of both languages: single Chinese characters, English words, commas, and the first halves of words with a
 * hyphen. Immutable.
 */
final class WordList {

    private static final Pattern WORD = Pattern.compile("\\p{IsHan}|[A-Za-z]+-?|,");

    private final List<String> words;
    private final Map<String, Integer> ids = new HashMap<>();

    private WordList(List<String> words) {
        this.words = words;
        for (int id = EncoderDecoder.END + 1; id < words.size(); id++) {
            ids.put(words.get(id), id);
        }
    }

    /** All words of {@code pairs}. */
    static WordList of(List<Pair> pairs) {
        TreeSet<String> found = new TreeSet<>();
        pairs.forEach(pair -> {
            found.addAll(split(pair.chinese()));
            found.addAll(split(pair.english()));
        });
        List<String> words = new ArrayList<>(List.of("", "", ""));
        words.addAll(found);
        return new WordList(List.copyOf(words));
    }

    int size() {
        return words.size();
    }

    /**
     * The ids of a text's words.
     *
     * @throws IllegalArgumentException if a word is none of the list
     */
    int[] ids(String text) {
        return split(text).stream()
                .mapToInt(word -> {
                    Integer id = ids.get(word);
                    if (id == null) {
                        throw new IllegalArgumentException("the word " + word + " was never seen");
                    }
                    return id;
                })
                .toArray();
    }

    /** The words of {@code ids} one by one. */
    List<String> words(int... ids) {
        return Arrays.stream(ids).mapToObj(words::get).toList();
    }

    /** The text of {@code ids}: the reverse of {@link #ids}. */
    String text(int... ids) {
        return words(ids).stream()
                .map(word -> word.equals(",") || isHan(word) ? word : " " + word)
                .collect(Collectors.joining())
                .replace("- ", "-")
                .strip();
    }

    private static boolean isHan(String word) {
        return !word.isEmpty() && Character.isIdeographic(word.codePointAt(0));
    }

    private static List<String> split(String text) {
        return WORD.matcher(text).results().map(result -> result.group()).toList();
    }
}
