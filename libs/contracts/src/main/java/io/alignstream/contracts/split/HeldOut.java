package io.alignstream.contracts.split;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.hash.Sha256;
import java.nio.ByteBuffer;
import java.text.Normalizer;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Who is held out: the one rule by which every stage keeps some texts apart from those that it learns.
 *
 * <p>Each text has a place from 0 to below 1, a function of its normalised form alone: neither an id nor the way in which
 * somebody typed it moves it. A share holds out the places below it, so what one stage holds out, every other stage with
 * the same share (or a greater one) holds out, too, and it stays so whatever else is published.
 */
public final class HeldOut {

    private static final double BITS_53 = 0x1p-53;

    private HeldOut() {}

    /** Whether {@code text} belongs to the held-out {@code share}, 0 to 1. */
    public static boolean of(String text, double share) {
        return place(text) < share;
    }

    /** Whether the conversation that a model is to continue belongs to the held-out {@code share}. */
    public static boolean of(List<Message> messages, double share) {
        return of(text(messages), share);
    }

    /** The place of {@code text}: the beginning of its hash as a number from 0 to below 1. */
    public static double place(String text) {
        return (ByteBuffer.wrap(Sha256.bytes(normalised(text))).getLong() >>> 11) * BITS_53;
    }

    /** A conversation as one text: what was said, not by whom. */
    public static String text(List<Message> messages) {
        return messages.stream().map(Message::content).collect(Collectors.joining("\n"));
    }

    /** Compatible characters, white space and case made alike. */
    private static String normalised(String text) {
        return Normalizer.normalize(text, Normalizer.Form.NFKC)
                .replaceAll("\\s+", " ")
                .strip()
                .toLowerCase(Locale.ROOT);
    }
}
