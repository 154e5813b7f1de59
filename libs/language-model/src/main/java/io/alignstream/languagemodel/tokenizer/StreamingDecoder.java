package io.alignstream.languagemodel.tokenizer;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Text of ids that arrive one by one: a character is held back until its last byte is there.
 *
 * <p>All parts together are what {@link Tokenizer#decode} makes of all ids. One decoder for each answer; not
 * thread-safe.
 */
public final class StreamingDecoder {

    private static final int LONGEST_INCOMPLETE = 3;

    private final Tokenizer tokenizer;
    private final CharsetDecoder utf8 = StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    /** Bytes of a character that is not complete yet. */
    private byte[] held = new byte[0];

    private boolean begun;

    public StreamingDecoder(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /** What can be shown after one more id; empty for a control token or a part of a character. */
    public String next(int id) {
        return decode(tokenizer.bytes(id), false);
    }

    /** What is left when no more ids come: U+FFFD for a character that was cut off, else empty. */
    public String end() {
        String rest = decode(new byte[0], true);
        utf8.reset();
        begun = false;
        held = new byte[0];
        return rest;
    }

    private String decode(byte[] bytes, boolean last) {
        ByteBuffer in = ByteBuffer.allocate(held.length + bytes.length)
                .put(held)
                .put(bytes)
                .flip();
        CharBuffer out = CharBuffer.allocate(LONGEST_INCOMPLETE + bytes.length + 1);
        utf8.decode(in, out, last);
        held = new byte[in.remaining()];
        in.get(held);
        String text = out.flip().toString();
        if (begun || text.isEmpty()) {
            return text;
        }
        begun = true;
        return tokenizer.stripped(text);
    }
}
