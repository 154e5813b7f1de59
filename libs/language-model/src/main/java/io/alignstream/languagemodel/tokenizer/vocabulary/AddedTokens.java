package io.alignstream.languagemodel.tokenizer.vocabulary;

import io.alignstream.languagemodel.tokenizer.split.CharacterClass;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Tokens that are found in a text as whole words, before it is cut into pieces. Immutable, thread-safe.
 *
 * <p>The leftmost place counts, there the longest token.
 */
public final class AddedTokens {

    /**
     * A token that stands beside the merges.
     *
     * @param text what it is in a text, not empty
     * @param control whether it is no text: only trusted text may hold it
     * @param normalized whether it is searched for after normalisation instead of before
     * @param leftStrip whether it swallows the white space before it
     * @param rightStrip whether it swallows the white space behind it
     */
    public record AddedToken(
            int id, String text, boolean control, boolean normalized, boolean leftStrip, boolean rightStrip) {}

    /** Takes a text in its parts, in order. */
    public interface Parts {
        void text(String part);

        void token(int id);
    }

    /** A token in a text. */
    public record Found(AddedToken token, int begin) {}

    private final Map<Character, List<AddedToken>> byFirst = new HashMap<>();

    /** The tokens to look for. */
    public AddedTokens(List<AddedToken> tokens) {
        for (AddedToken token : tokens) {
            byFirst.computeIfAbsent(token.text().charAt(0), first -> new ArrayList<>())
                    .add(token);
        }
        byFirst.values()
                .forEach(list -> list.sort(Comparator.comparingInt(
                                (AddedToken token) -> token.text().length())
                        .reversed()));
    }

    /** Whether there is nothing to look for. */
    public boolean isEmpty() {
        return byFirst.isEmpty();
    }

    /** Cuts {@code text} at the tokens in it. */
    public void split(String text, Parts parts) {
        split(text, at -> false, parts);
    }

    /** The same, but control tokens of which a char is {@code typed} are text. */
    public void split(String text, IntPredicate typed, Parts parts) {
        if (byFirst.isEmpty()) {
            parts.text(text);
            return;
        }
        int open = 0;
        int at = 0;
        while (at < text.length()) {
            AddedToken token = at(text, at, typed);
            if (token == null) {
                at++;
                continue;
            }
            int begin = token.leftStrip() ? leftOf(text, open, at) : at;
            if (begin > open) {
                parts.text(text.substring(open, begin));
            }
            parts.token(token.id());
            at += token.text().length();
            at = token.rightStrip() ? rightOf(text, at) : at;
            open = at;
        }
        if (open < text.length()) {
            parts.text(open == 0 ? text : text.substring(open));
        }
    }

    /** The first token in {@code text}, if there is one; control tokens of which a char is {@code typed} are none. */
    public Optional<Found> first(String text, IntPredicate typed) {
        for (int at = 0; at < text.length(); at++) {
            AddedToken token = at(text, at, typed);
            if (token != null) {
                return Optional.of(new Found(token, at));
            }
        }
        return Optional.empty();
    }

    private @Nullable AddedToken at(String text, int at, IntPredicate typed) {
        List<AddedToken> candidates = byFirst.get(text.charAt(at));
        if (candidates != null) {
            for (AddedToken token : candidates) {
                int behind = at + token.text().length();
                if (text.startsWith(token.text(), at)
                        && !(token.control() && IntStream.range(at, behind).anyMatch(typed))) {
                    return token;
                }
            }
        }
        return null;
    }

    private static int leftOf(String text, int limit, int from) {
        int at = from;
        while (at > limit && CharacterClass.isSpace(text.charAt(at - 1))) {
            at--;
        }
        return at;
    }

    private static int rightOf(String text, int from) {
        int at = from;
        while (at < text.length() && CharacterClass.isSpace(text.charAt(at))) {
            at++;
        }
        return at;
    }
}
