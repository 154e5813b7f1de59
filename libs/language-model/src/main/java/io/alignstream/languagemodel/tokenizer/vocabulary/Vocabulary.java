package io.alignstream.languagemodel.tokenizer.vocabulary;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * Names of the token ids and how text becomes ids before any merge. Immutable, thread-safe.
 *
 * <p>Text starts either as its characters, with bytes for those that have no token, or as its UTF-8 bytes. The name of a
 * byte token is {@code <0x00>} to {@code <0xFF>} in the first case and a character of {@link ByteAlphabet} in the second.
 * A byte-level vocabulary may lack bytes, as SmolLM's does, mostly such as no UTF-8 has; text that has them loses them, as
 * in Hugging Face's library.
 */
public final class Vocabulary {

    /** Number of byte tokens. */
    public static final int BYTES = 256;
    /** Most ids that a vocabulary can have. */
    public static final int MAX_SIZE = 1 << 20;
    /** Ids that one char can become: a char of three bytes. */
    public static final int MAX_IDS_PER_CHAR = 3;

    private static final int ABSENT = -1;

    private final List<String> names;
    private final boolean byteLevel;
    private final Map<String, Integer> ids;
    /** UTF-8 of each id, empty for control tokens, [vocabulary][bytes]. */
    private final byte[][] bytes;
    /** Id of each byte value, [256]. */
    private final int[] byteIds = new int[BYTES];

    private final Map<ControlToken, Integer> controlIds;
    /** Id of each code point of the basic plane or ABSENT, [65536]; empty for a byte-level vocabulary. */
    private final int[] basicPlane;
    /** Code points beyond the basic plane that have an id, ascending, and their ids. */
    private final int[] supplementary;

    private final int[] supplementaryIds;

    /**
     * @param names token names in id order, all different, byte tokens among them (all, unless text starts as bytes)
     * @param byteLevel whether text starts as bytes
     * @param added ids of tokens that text is searched for as a whole
     * @param control those of them that are no text
     * @param controlIds the id of each control token
     */
    public Vocabulary(
            List<String> names,
            boolean byteLevel,
            BitSet added,
            BitSet control,
            Map<ControlToken, Integer> controlIds) {
        requireSize(names.size());
        this.names = List.copyOf(names);
        this.byteLevel = byteLevel;
        this.controlIds = new EnumMap<>(controlIds);
        ids = HashMap.newHashMap(names.size());
        bytes = new byte[names.size()][];
        for (int id = 0; id < names.size(); id++) {
            String name = names.get(id);
            if (name.isEmpty() || ids.put(name, id) != null) {
                throw new IllegalArgumentException("token " + id + " is empty or named twice: '" + name + "'");
            }
            boolean spelled = byteLevel && !added.get(id);
            bytes[id] = control.get(id)
                    ? new byte[0]
                    : spelled ? ByteAlphabet.bytes(name) : name.getBytes(StandardCharsets.UTF_8);
        }
        for (int value = 0; value < BYTES; value++) {
            byteIds[value] = byteLevel ? ids.getOrDefault(ByteAlphabet.name(value), ABSENT) : require(byteName(value));
            if (byteIds[value] != ABSENT) {
                bytes[byteIds[value]] = new byte[] {(byte) value};
            }
        }
        int[] single = byteLevel
                ? new int[0]
                : IntStream.range(0, names.size())
                        .filter(id -> !added.get(id) && isCharacter(names.get(id)))
                        .toArray();
        basicPlane = new int[byteLevel ? 0 : Character.MIN_SUPPLEMENTARY_CODE_POINT];
        Arrays.fill(basicPlane, ABSENT);
        for (int id : single) {
            if (names.get(id).length() == 1) {
                basicPlane[names.get(id).charAt(0)] = id;
            }
        }
        supplementary = Arrays.stream(single)
                .filter(id -> names.get(id).length() == 2)
                .map(id -> names.get(id).codePointAt(0))
                .sorted()
                .toArray();
        supplementaryIds = Arrays.stream(supplementary)
                .map(codePoint -> require(Character.toString(codePoint)))
                .toArray();
    }

    /** A vocabulary under training: the control tokens first. */
    public static Vocabulary trained(List<String> names, boolean byteLevel) {
        BitSet control = new BitSet();
        Map<ControlToken, Integer> controlIds = new EnumMap<>(ControlToken.class);
        int id = 0;
        for (ControlToken token : ControlToken.values()) {
            control.set(id);
            controlIds.put(token, id++);
        }
        return new Vocabulary(names, byteLevel, control, control, controlIds);
    }

    /** Fails if {@code size} is above {@value #MAX_SIZE}. */
    public static void requireSize(long size) {
        if (size > MAX_SIZE) {
            throw new IllegalArgumentException("the vocabulary has " + size + " tokens, the limit is " + MAX_SIZE);
        }
    }

    /** Name of a byte's token in Alignstream's own format, for example {@code <0x0A>}. */
    public static String byteName(int value) {
        return String.format(Locale.ROOT, "<0x%02X>", value);
    }

    /** Names in id order. */
    public List<String> names() {
        return names;
    }

    /** Number of ids. */
    public int size() {
        return names.size();
    }

    /** Whether text starts as bytes instead of characters. */
    public boolean byteLevel() {
        return byteLevel;
    }

    /** Id of a control token. */
    public int id(ControlToken token) {
        return Objects.requireNonNull(controlIds.get(token));
    }

    /** The id with this name; fails if there is none. */
    public int require(String name) {
        Integer id = ids.get(name);
        if (id == null) {
            throw new IllegalArgumentException("the vocabulary has no token " + name);
        }
        return id;
    }

    /** UTF-8 of a token; must not be changed. */
    public byte[] bytes(int id) {
        if (id < 0 || id >= bytes.length) {
            throw new IllegalArgumentException("token id " + id + " is outside the vocabulary of " + bytes.length
                    + " ids; was it made with another tokenizer?");
        }
        return bytes[id];
    }

    /**
     * Writes the ids of a text before any merge to {@code out}, which has room for {@value #MAX_IDS_PER_CHAR} a char.
     *
     * @param text without unpaired surrogates
     * @return how many ids
     */
    public int symbols(char[] text, int start, int end, int[] out) {
        int count = 0;
        int at = start;
        while (at < end) {
            char first = text[at];
            if (byteLevel && first < 0x80) {
                count = addByte(first, out, count);
                at++;
                continue;
            }
            int codePoint = Character.codePointAt(text, at, end);
            at += Character.charCount(codePoint);
            int id = byteLevel ? ABSENT : id(codePoint);
            if (id == ABSENT) {
                count = addBytes(codePoint, out, count);
            } else {
                out[count++] = id;
            }
        }
        return count;
    }

    private int id(int codePoint) {
        if (codePoint < basicPlane.length) {
            return basicPlane[codePoint];
        }
        int place = Arrays.binarySearch(supplementary, codePoint);
        return place < 0 ? ABSENT : supplementaryIds[place];
    }

    /** The UTF-8 of a code point, written out: the platform's encoder would allocate. */
    private int addBytes(int codePoint, int[] out, int from) {
        int count = from;
        if (codePoint < 0x80) {
            count = addByte(codePoint, out, count);
        } else if (codePoint < 0x800) {
            count = addByte(0xC0 | (codePoint >> 6), out, count);
            count = addByte(0x80 | (codePoint & 0x3F), out, count);
        } else if (codePoint < 0x10000) {
            count = addByte(0xE0 | (codePoint >> 12), out, count);
            count = addByte(0x80 | ((codePoint >> 6) & 0x3F), out, count);
            count = addByte(0x80 | (codePoint & 0x3F), out, count);
        } else {
            count = addByte(0xF0 | (codePoint >> 18), out, count);
            count = addByte(0x80 | ((codePoint >> 12) & 0x3F), out, count);
            count = addByte(0x80 | ((codePoint >> 6) & 0x3F), out, count);
            count = addByte(0x80 | (codePoint & 0x3F), out, count);
        }
        return count;
    }

    private int addByte(int value, int[] out, int count) {
        if (byteIds[value] == ABSENT) {
            return count;
        }
        out[count] = byteIds[value];
        return count + 1;
    }

    private static boolean isCharacter(String name) {
        return name.codePointCount(0, name.length()) == 1;
    }
}
