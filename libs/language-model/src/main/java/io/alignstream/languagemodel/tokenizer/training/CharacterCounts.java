package io.alignstream.languagemodel.tokenizer.training;

import io.alignstream.languagemodel.tokenizer.encoding.PieceCounts;
import io.alignstream.languagemodel.tokenizer.split.CharacterClass;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;

/** How often each code point occurs. Not thread-safe. */
public final class CharacterCounts {

    /** Code points of the basic plane, [65536]. */
    private final long[] basicPlane = new long[Character.MIN_SUPPLEMENTARY_CODE_POINT];

    private final Map<Integer, Long> supplementary = new HashMap<>();

    /** Adds the code points of pieces, as often as the pieces occur. */
    void addAll(PieceCounts pieces) {
        char[] chars = pieces.chars();
        for (int piece = 0; piece < pieces.size(); piece++) {
            int end = pieces.end(piece);
            for (int at = pieces.start(piece); at < end; at += CharacterClass.width(chars, at)) {
                add(Character.codePointAt(chars, at, end), pieces.count(piece));
            }
        }
    }

    void addAll(CharacterCounts other) {
        other.codePoints().forEach(codePoint -> add(codePoint, other.count(codePoint)));
    }

    /** How often a character was seen. */
    public long count(int codePoint) {
        return codePoint < basicPlane.length ? basicPlane[codePoint] : supplementary.getOrDefault(codePoint, 0L);
    }

    /** Code points that occur, in no particular order. */
    public IntStream codePoints() {
        return IntStream.concat(
                IntStream.range(0, basicPlane.length).filter(codePoint -> basicPlane[codePoint] > 0),
                supplementary.keySet().stream().mapToInt(Integer::intValue));
    }

    private void add(int codePoint, long count) {
        if (codePoint < basicPlane.length) {
            basicPlane[codePoint] += count;
        } else {
            supplementary.merge(codePoint, count, Long::sum);
        }
    }
}
