package io.alignstream.languagemodel.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Names of the token ids and how single characters become ids. Immutable, thread-safe.
 *
 * <p>The name of a byte token is {@code <0x00>} to {@code <0xFF>}, of a control token its {@link ControlToken#text()},
 * of any other token its text.
 */
final class Vocabulary {

    static final int BYTES = 256;
    static final int MAX_SIZE = 1 << 20;
    private static final int ABSENT = -1;

    private final List<String> names;
    private final Map<String, Integer> ids;
    /** UTF-8 of each id, empty for control tokens, [vocabulary][bytes]. */
    private final byte[][] bytes;
    /** Id of each byte value, [256]. */
    private final int[] byteIds = new int[BYTES];

    private final Map<ControlToken, Integer> controlIds = new EnumMap<>(ControlToken.class);
    /** Id of each code point of the basic plane or ABSENT, [65536]. */
    private final int[] basicPlane = new int[Character.MIN_SUPPLEMENTARY_CODE_POINT];

    private final Map<Integer, Integer> supplementary = new HashMap<>();

    /** @param names token names in id order, all different, with all control and byte tokens among them */
    Vocabulary(List<String> names) {
        if (names.size() > MAX_SIZE) {
            throw new IllegalArgumentException(
                    "the vocabulary has " + names.size() + " tokens, the limit is " + MAX_SIZE);
        }
        this.names = List.copyOf(names);
        ids = HashMap.newHashMap(names.size());
        bytes = new byte[names.size()][];
        Arrays.fill(basicPlane, ABSENT);
        for (int id = 0; id < names.size(); id++) {
            String name = names.get(id);
            if (name.isEmpty() || ids.put(name, id) != null) {
                throw new IllegalArgumentException("token " + id + " is empty or named twice: '" + name + "'");
            }
            bytes[id] = name.getBytes(StandardCharsets.UTF_8);
            if (name.codePointCount(0, name.length()) == 1) {
                putCharacter(name.codePointAt(0), id);
            }
        }
        for (int value = 0; value < BYTES; value++) {
            byteIds[value] = require(byteName(value));
            bytes[byteIds[value]] = new byte[] {(byte) value};
        }
        for (ControlToken token : ControlToken.values()) {
            int id = require(token.text());
            controlIds.put(token, id);
            bytes[id] = new byte[0];
        }
    }

    static String byteName(int value) {
        return String.format(Locale.ROOT, "<0x%02X>", value);
    }

    /** Names in id order. */
    List<String> names() {
        return names;
    }

    int size() {
        return names.size();
    }

    int id(ControlToken token) {
        return Objects.requireNonNull(controlIds.get(token));
    }

    /** The id with this name; fails if there is none. */
    int require(String name) {
        Integer id = ids.get(name);
        if (id == null) {
            throw new IllegalArgumentException("the vocabulary has no token " + name);
        }
        return id;
    }

    /** UTF-8 of a token; must not be changed. */
    byte[] bytes(int id) {
        if (id < 0 || id >= bytes.length) {
            throw new IllegalArgumentException("token id " + id + " is outside the vocabulary of " + bytes.length
                    + " ids; was it made with another tokenizer?");
        }
        return bytes[id];
    }

    /** Ids of the characters of {@code text} before any merge. */
    int[] characters(String text, int start, int end) {
        IntList out = new IntList(end - start);
        int at = start;
        while (at < end) {
            int codePoint = text.codePointAt(at);
            at += Character.charCount(codePoint);
            addCharacter(scalar(codePoint), out);
        }
        return out.toArray();
    }

    /** The code point, or U+FFFD for an unpaired surrogate. */
    static int scalar(int codePoint) {
        boolean surrogate = codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
        return surrogate ? 0xFFFD : codePoint;
    }

    private void addCharacter(int codePoint, IntList out) {
        int id = codePoint < basicPlane.length ? basicPlane[codePoint] : supplementary.getOrDefault(codePoint, ABSENT);
        if (id != ABSENT) {
            out.add(id);
            return;
        }
        for (byte value : Character.toString(codePoint).getBytes(StandardCharsets.UTF_8)) {
            out.add(byteIds[Byte.toUnsignedInt(value)]);
        }
    }

    private void putCharacter(int codePoint, int id) {
        if (codePoint < basicPlane.length) {
            basicPlane[codePoint] = id;
        } else {
            supplementary.put(codePoint, id);
        }
    }
}
