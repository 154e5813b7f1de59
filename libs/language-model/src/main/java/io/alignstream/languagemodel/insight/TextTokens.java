package io.alignstream.languagemodel.insight;

import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** The tokens of a text and which of them hold a word. Immutable. */
public final class TextTokens {

    private final Tokenizer tokenizer;
    private final int[] ids;
    /** What the tokens stand for one after the other: perhaps with a space in front that nobody typed. */
    private final byte[] bytes;

    private final int[] ends;

    /** Those of {@code text}, with nothing before or behind it. */
    public TextTokens(Tokenizer tokenizer, String text) {
        this.tokenizer = tokenizer;
        this.ids = tokenizer.encode(text);
        this.ends = new int[ids.length];
        int length = 0;
        for (int t = 0; t < ids.length; t++) {
            length += tokenizer.byteLength(ids[t]);
            ends[t] = length;
        }
        this.bytes = new byte[length];
        for (int t = 0; t < ids.length; t++) {
            byte[] token = tokenizer.bytes(ids[t]);
            System.arraycopy(token, 0, bytes, ends[t] - token.length, token.length);
        }
    }

    /** Tokens from one up to before another. */
    public record Range(int from, int to) {

        /** The last token of it, which has seen all of it. */
        public int last() {
            return to - 1;
        }
    }

    /** Their ids. */
    public int[] ids() {
        return ids.clone();
    }

    /** Their texts, as {@link #shown}. */
    public List<String> texts() {
        return Arrays.stream(ids).mapToObj(id -> shown(tokenizer, id)).toList();
    }

    /**
     * Where {@code word} stands: for each time the tokens that hold a part of it. In the middle of a longer word in Latin
     * letters it does not count.
     */
    public List<Range> places(String word) {
        byte[] wanted = word.getBytes(StandardCharsets.UTF_8);
        List<Range> places = new ArrayList<>();
        for (int at = 0; wanted.length > 0 && at + wanted.length <= bytes.length; at++) {
            int end = at + wanted.length;
            if (Arrays.equals(bytes, at, end, wanted, 0, wanted.length)
                    && !isInside(at - 1, at)
                    && !isInside(end - 1, end)) {
                places.add(new Range(token(at), token(end - 1) + 1));
            }
        }
        return places;
    }

    /** Whether a word of Latin letters and digits goes on from the byte at {@code left} to the one at {@code right}. */
    private boolean isInside(int left, int right) {
        return left >= 0 && right < bytes.length && isWord(bytes[left]) && isWord(bytes[right]);
    }

    private static boolean isWord(byte letter) {
        return letter >= 0 && Character.isLetterOrDigit(letter);
    }

    /** The token that the byte at {@code at} is part of. */
    private int token(int at) {
        int token = 0;
        while (ends[token] <= at) {
            token++;
        }
        return token;
    }

    /** What a token stands for, to be read: its text, its bytes where they are a part of a character, or its name. */
    public static String shown(Tokenizer tokenizer, int id) {
        byte[] bytes = tokenizer.bytes(id);
        if (bytes.length == 0) {
            return tokenizer.name(id);
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return "<" + HexFormat.ofDelimiter(" ").withUpperCase().formatHex(bytes) + ">";
        }
    }
}
