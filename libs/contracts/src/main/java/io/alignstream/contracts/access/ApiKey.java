package io.alignstream.contracts.access;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.alignstream.contracts.check.Check;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.contracts.messages.Reason;
import java.security.SecureRandom;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of an API key: enough to know it again, too little to make it.
 *
 * @param id its public part, {@value #ID_DIGITS} hexadecimal digits: logs name the key by it
 * @param name who holds it; what the holder does is published under {@link #actor}. 1 to {@value #MAX_NAME} characters without a slash
 * @param roles ids of what the holder may do, one at least; see {@link Role}
 * @param sha256 of the whole key
 * @param created when it was made, as {@code 2026-11-29T20:00:00Z}
 * @param revoked since when it opens nothing any more; null while it does
 */
public record ApiKey(
        String id, String name, List<String> roles, String sha256, String created, @Nullable String revoked) {

    /** Longest name of a holder, in characters. */
    public static final int MAX_NAME = 100;

    /**
     * What the name begins with under which a holder acts. A key is called as whoever makes it likes, so its name is none of a
     * person's.
     */
    public static final String ACTOR = "key:";

    /** What every key begins with, so that people and scanners of source code know one when they see it. */
    public static final String PREFIX = "alignstream_";

    /** Longest name of whoever decides something, in characters. */
    private static final int MAX_ACTOR = 100;

    private static final int ID_DIGITS = 8;
    private static final int SECRET_BYTES = 32;
    private static final Pattern TEXT = Pattern.compile(PREFIX + "([0-9a-f]{8})_[A-Za-z0-9_-]{43}");
    private static final SecureRandom RANDOM = new SecureRandom();

    public ApiKey {
        if (id == null || !id.matches("[0-9a-f]{" + ID_DIGITS + "}")) {
            throw new InvalidInputException(
                    Reason.of("keys.id").with("id", String.valueOf(id)).with("digits", ID_DIGITS));
        }
        name = Check.text("name", name, MAX_NAME).strip();
        if (name.contains("/")) {
            throw new InvalidInputException(Reason.of("keys.name").with("name", name));
        }
        roles = Check.list("roles", roles, 1, Role.values().length);
        Check.unique("roles", roles, role -> role);
        roles.forEach(Role::of);
        Check.sha256("sha256", sha256);
        requireTime("created", created);
        if (revoked != null) {
            requireTime("revoked", revoked);
        }
    }

    private static void requireTime(String field, @Nullable String value) {
        try {
            Instant.parse(Check.present(field, value));
        } catch (DateTimeException e) {
            throw new InvalidInputException(
                    Reason.of("keys.time").with("field", field).with("value", String.valueOf(value)));
        }
    }

    /**
     * A key that was just made. Its text exists here only: nothing keeps it.
     *
     * @param kept what is kept of it
     * @param text the key itself
     */
    public record Fresh(ApiKey kept, String text) {

        /** Without the key: what is printed by mistake gives nothing away. */
        @Override
        public String toString() {
            return "a fresh key " + kept.id();
        }
    }

    /**
     * A new key of 256 random bits.
     *
     * @param name 1 to 96 characters without a slash
     */
    public static Fresh create(String name, List<String> roles, Instant now) {
        Check.text("name", name, MAX_ACTOR - ACTOR.length());
        byte[] id = new byte[ID_DIGITS / 2];
        byte[] secret = new byte[SECRET_BYTES];
        RANDOM.nextBytes(id);
        RANDOM.nextBytes(secret);
        String digits = HexFormat.of().formatHex(id);
        String text =
                PREFIX + digits + "_" + Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
        return new Fresh(new ApiKey(digits, name, roles, Sha256.hex(text), second(now), null), text);
    }

    /** The id in what somebody presents as a key; empty if it does not look like one. */
    public static Optional<String> idIn(String presented) {
        Matcher matcher = TEXT.matcher(presented);
        return matcher.matches() ? Optional.of(matcher.group(1)) : Optional.empty();
    }

    /** Whether {@code presented} is this key; takes as long for any that is not. */
    public boolean matches(String presented) {
        return Sha256.same(Sha256.hex(presented), sha256);
    }

    /** The name under which its holder acts, at most {@value #MAX_ACTOR} characters: nobody at a provider has such a one. */
    public String actor() {
        String actor = ACTOR + name;
        return actor.substring(0, Math.min(MAX_ACTOR, actor.length())).strip();
    }

    /** Whether it still opens something. */
    @JsonIgnore
    public boolean isValid() {
        return revoked == null;
    }

    ApiKey revokedAt(Instant now) {
        return revoked == null ? new ApiKey(id, name, roles, sha256, created, second(now)) : this;
    }

    private static String second(Instant now) {
        return now.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
