package io.alignstream.contracts.split;

import io.alignstream.contracts.Message;
import io.alignstream.contracts.hash.Sha256;
import java.nio.ByteBuffer;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;

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

    /**
     * Whether a conversation that a model is to continue is held out: by a person, with {@link #isTagged a tag}, or because
     * it belongs to the held-out {@code share}.
     */
    public static boolean of(List<Message> messages, Map<String, String> tags, double share) {
        return isTagged(tags) || place(messages) < share;
    }

    /** Whether a person has held it out: its tag {@code purpose} is {@code held-out}. */
    public static boolean isTagged(Map<String, String> tags) {
        return "held-out".equals(tags.get("purpose"));
    }

    /**
     * The place of a conversation: the lowest of its beginnings that end in a question, because who learns from the whole
     * may learn to answer each of them. Instructions of the system count for nothing.
     */
    public static double place(List<Message> messages) {
        return questions(messages).stream().mapToDouble(HeldOut::place).min().orElse(1);
    }

    /** The beginnings of a conversation that end in a question, the shortest first, in their normalised form. */
    static List<String> questions(Collection<Message> messages) {
        List<String> questions = new ArrayList<>();
        StringBuilder said = new StringBuilder();
        for (Message message : messages) {
            if (message.role() == Message.Role.SYSTEM) {
                continue;
            }
            said.append(message.content()).append('\n');
            if (message.role() == Message.Role.USER) {
                questions.add(normalised(said.toString()));
            }
        }
        return questions;
    }

    /** The place of {@code text}: the beginning of its hash as a number from 0 to below 1. */
    public static double place(String text) {
        return (ByteBuffer.wrap(Sha256.bytes(normalised(text))).getLong() >>> 11) * BITS_53;
    }

    /**
     * A text without what readers overlook: compatible characters, white space and case made alike, characters that nobody
     * sees left out. Two texts with one normalised form are one text.
     */
    public static String normalised(String text) {
        return Normalizer.normalize(text, Normalizer.Form.NFKC)
                .replaceAll("\\p{Cf}", "")
                .replaceAll("\\s+", " ")
                .strip()
                .toLowerCase(Locale.ROOT);
    }
}
