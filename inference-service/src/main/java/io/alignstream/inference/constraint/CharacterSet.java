package io.alignstream.inference.constraint;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;

/**
 * Characters that may stand at one place of a JSON string. Most stand for themselves, in UTF-8; quotes, backslashes and white
 * space that JSON does not take as it is stand escaped, other control characters not at all.
 */
final class CharacterSet {

    static final int LAST = Character.MAX_CODE_POINT;
    private static final Map<Integer, String> ESCAPED = Map.of(
            (int) '"',
            "\\\"",
            (int) '\\',
            "\\\\",
            (int) '\b',
            "\\b",
            (int) '\f',
            "\\f",
            (int) '\n',
            "\\n",
            (int) '\r',
            "\\r",
            (int) '\t',
            "\\t");
    /** Where a character takes a byte more. */
    private static final int[] BOUNDS = {0x7F, 0x7FF, 0xFFFF, LAST};

    private static final int FIRST_TAIL = 0x80;
    private static final int LAST_TAIL = 0xBF;

    private final BitSet characters = new BitSet();

    CharacterSet add(int first, int last) {
        characters.set(first, last + 1);
        return this;
    }

    CharacterSet addAll(CharacterSet other) {
        characters.or(other.characters);
        return this;
    }

    /** All others. */
    CharacterSet negated() {
        CharacterSet others = new CharacterSet().add(0, LAST);
        others.characters.andNot(characters);
        return others;
    }

    Expression expression(Expressions make) {
        BitSet plain = (BitSet) characters.clone();
        plain.clear(0, ' ');
        plain.clear('"');
        plain.clear('\\');
        plain.clear(Character.MIN_SURROGATE, Character.MAX_SURROGATE + 1);
        List<Expression> ways = new ArrayList<>();
        ESCAPED.forEach((character, escape) -> {
            if (characters.get(character)) {
                ways.add(make.text(escape));
            }
        });
        BitSet ascii = plain.get(0, FIRST_TAIL);
        ways.add(make.oneOf(ascii));
        for (int first = plain.nextSetBit(FIRST_TAIL); first >= 0; ) {
            int last = plain.nextClearBit(first) - 1;
            ways.add(beyondAscii(make, first, last));
            first = plain.nextSetBit(last + 1);
        }
        return make.choice(ways);
    }

    private static Expression beyondAscii(Expressions make, int first, int last) {
        List<Expression> ways = new ArrayList<>();
        int from = first;
        for (int bound : BOUNDS) {
            if (from <= bound && from <= last) {
                int to = Math.min(last, bound);
                ways.add(between(make, utf8(from), utf8(to), 0));
                from = to + 1;
            }
        }
        return make.choice(ways);
    }

    private static byte[] utf8(int character) {
        return Character.toString(character).getBytes(StandardCharsets.UTF_8);
    }

    /** The rests, from place {@code at} on, of what lies between two characters of as many bytes. */
    private static Expression between(Expressions make, byte[] first, byte[] last, int at) {
        if (at == first.length) {
            return make.end;
        }
        int low = first[at] & 0xFF;
        int high = last[at] & 0xFF;
        if (low == high) {
            return make.sequence(make.range(low, low), between(make, first, last, at + 1));
        }
        List<Expression> ways = new ArrayList<>();
        ways.add(make.sequence(make.range(low, low), between(make, first, filled(first, at, LAST_TAIL), at + 1)));
        if (low + 1 < high) {
            Expression tails = between(make, filled(first, at, FIRST_TAIL), filled(first, at, LAST_TAIL), at + 1);
            ways.add(make.sequence(make.range(low + 1, high - 1), tails));
        }
        ways.add(make.sequence(make.range(high, high), between(make, filled(last, at, FIRST_TAIL), last, at + 1)));
        return make.choice(ways);
    }

    /** All bytes behind place {@code at} are {@code tail}. */
    private static byte[] filled(byte[] bytes, int at, int tail) {
        byte[] filled = bytes.clone();
        Arrays.fill(filled, at + 1, filled.length, (byte) tail);
        return filled;
    }
}
