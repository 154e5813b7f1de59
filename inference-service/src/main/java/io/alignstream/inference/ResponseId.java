package io.alignstream.inference;

import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Ids of responses, which carry the model that wrote them: what the kind of call begins its ids with, the first 12 digits of
 * the checkpoint's sha256, 20 random ones. So whose answer it was is known for ever and on every instance, and nothing has to
 * be kept.
 */
public final class ResponseId {

    private static final Pattern FORM = Pattern.compile("(?:chatcmpl-|cmpl-|resp_)([0-9a-f]{12})[0-9a-f]{20}");

    /** Which call was answered. */
    public enum Kind {
        /** A conversation, {@code chatcmpl-}. */
        CHAT("chatcmpl-"),
        /** A text, {@code cmpl-}. */
        COMPLETION("cmpl-"),
        /** A conversation in the newer form, {@code resp_}. */
        RESPONSE("resp_");

        private final String prefix;

        Kind(String prefix) {
            this.prefix = prefix;
        }
    }

    private ResponseId() {}

    /** An id for the next response of the model whose checkpoint is {@code sha256}. */
    public static String next(Kind kind, String sha256) {
        String random = UUID.randomUUID().toString().replace("-", "");
        return kind.prefix + sha256.substring(0, 12) + random.substring(12);
    }

    /** The first 12 digits of the model's sha256; empty if {@code id} is not of this form, as those of before were. */
    static Optional<String> model(String id) {
        Matcher matcher = FORM.matcher(id);
        return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
    }
}
