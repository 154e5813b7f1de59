package io.alignstream.tokenizer.vocabulary;

import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.languagemodel.tokenizer.vocabulary.ControlToken;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** One tokenizer's tokens, to be searched and sorted. Immutable, thread-safe. */
public final class VocabularyBrowser {

    static final int PAGE = 50;
    private static final HexFormat HEX = HexFormat.ofDelimiter(" ").withUpperCase();

    /** What a token is. */
    enum Kind {
        CONTROL,
        BYTE,
        TEXT
    }

    /**
     * A token.
     *
     * @param text what it stands for; bytes in hexadecimal digits where they are no character that can be seen
     * @param characters code points, 0 for control tokens and parts of characters
     * @param bytes of UTF-8, 0 for control tokens
     * @param frequency occurrences in the documents that the tokenizer was learned from; null if they were not counted
     */
    record Entry(int id, String text, Kind kind, int characters, int bytes, @Nullable Long frequency) {}

    /**
     * A part of what was found.
     *
     * @param matches tokens found in all
     * @param page which part, 0 is the first
     * @param pages number of parts
     */
    record Page(int vocabularySize, int matches, int page, int pages, List<Entry> tokens) {}

    /** Orders of the tokens. */
    public enum Order {
        ID(Comparator.comparingInt(Entry::id)),
        FREQUENCY(Comparator.<Entry>comparingLong(entry -> entry.frequency() == null ? 0 : entry.frequency())
                .reversed()
                .thenComparing(Entry::id)),
        LENGTH(Comparator.comparingInt(Entry::characters).reversed().thenComparing(Entry::id));

        private final Comparator<Entry> comparator;

        Order(Comparator<Entry> comparator) {
            this.comparator = comparator;
        }
    }

    private final List<Entry> entries;

    /** Looks into {@code tokenizer}, whose token frequencies may be unknown. */
    public VocabularyBrowser(Tokenizer tokenizer, long @Nullable [] frequencies) {
        Set<Integer> control =
                Arrays.stream(ControlToken.values()).map(tokenizer::id).collect(Collectors.toUnmodifiableSet());
        entries = IntStream.range(0, tokenizer.vocabularySize())
                .mapToObj(id -> entry(tokenizer, id, control.contains(id), frequencies))
                .toList();
    }

    /** The token with this id. */
    Entry entry(int id) {
        return entries.get(id);
    }

    /** Tokens whose text contains {@code search}, in any case of letters; all for the empty text. */
    public Page find(String search, Order order, int page) {
        String wanted = search.toLowerCase(Locale.ROOT);
        List<Entry> found = entries.stream()
                .filter(entry -> entry.text().toLowerCase(Locale.ROOT).contains(wanted))
                .sorted(order.comparator)
                .toList();
        int pages = Math.max(1, Math.ceilDiv(found.size(), PAGE));
        int shown = Math.clamp(page, 0, pages - 1);
        return new Page(
                entries.size(),
                found.size(),
                shown,
                pages,
                found.subList(shown * PAGE, Math.min(found.size(), (shown + 1) * PAGE)));
    }

    private static boolean isSeen(String character) {
        return character.codePointAt(0) > ' ' && !Character.isISOControl(character.codePointAt(0));
    }

    private static Entry entry(Tokenizer tokenizer, int id, boolean control, long @Nullable [] frequencies) {
        byte[] bytes = tokenizer.bytes(id);
        Long frequency = frequencies == null || id >= frequencies.length ? null : frequencies[id];
        if (control || bytes.length == 0) {
            return new Entry(id, tokenizer.name(id), Kind.CONTROL, 0, 0, frequency);
        }
        boolean byteToken = tokenizer.name(id).startsWith("<0x") && bytes.length == 1;
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            if (!byteToken || isSeen(text)) {
                Kind kind = byteToken ? Kind.BYTE : Kind.TEXT;
                return new Entry(id, text, kind, text.codePointCount(0, text.length()), bytes.length, frequency);
            }
        } catch (CharacterCodingException e) {
            // A part of a character: shown as bytes.
        }
        return new Entry(id, HEX.formatHex(bytes), Kind.BYTE, 0, bytes.length, frequency);
    }
}
