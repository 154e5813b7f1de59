package io.alignstream.languagemodel.tokenizer.vocabulary;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * How byte-level tokenizer files spell bytes: printable Latin-1 characters stand for themselves, the other 68 values for
 * the characters from U+0100 on, in the order of their values; a space is {@code Ġ}.
 */
public final class ByteAlphabet {

    private static final int FIRST_SUBSTITUTE = 0x100;
    private static final char[] CHARACTERS = new char[Vocabulary.BYTES];
    /** Byte of each character or -1, [324]. */
    private static final int[] VALUES = new int[FIRST_SUBSTITUTE + 68];

    static {
        Arrays.fill(VALUES, -1);
        char substitute = FIRST_SUBSTITUTE;
        for (int value = 0; value < Vocabulary.BYTES; value++) {
            boolean printable = (value >= '!' && value <= '~') || (value >= 0xA1 && value != 0xAD);
            CHARACTERS[value] = printable ? (char) value : substitute++;
            VALUES[CHARACTERS[value]] = value;
        }
    }

    private ByteAlphabet() {}

    /** The name of a single byte. */
    public static String name(int value) {
        return Character.toString(CHARACTERS[value]);
    }

    /** The bytes that a name spells; the name's UTF-8 if it spells none. */
    static byte[] bytes(String name) {
        byte[] bytes = new byte[name.length()];
        for (int i = 0; i < bytes.length; i++) {
            char character = name.charAt(i);
            if (character >= VALUES.length || VALUES[character] < 0) {
                return name.getBytes(StandardCharsets.UTF_8);
            }
            bytes[i] = (byte) VALUES[character];
        }
        return bytes;
    }
}
