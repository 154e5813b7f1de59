package io.alignstream.stageruntime.access;

import io.alignstream.contracts.access.ApiKey;
import io.alignstream.contracts.access.EndedSession;
import io.alignstream.contracts.hash.Sha256;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What a browser holds instead of an API key: the key's id, a name for the session, its begin and its end, signed. Thread-safe.
 *
 * <p>Name and roles are those that the key has when the cookie comes back, and a revoked key ends its sessions. One that was
 * signed out of is looked for in {@link EndedSessions}.
 */
@ApplicationScoped
public class Sessions {

    /** Name of the cookie; all services of a host share it. */
    public static final String COOKIE = "alignstream-session";

    private static final String ALGORITHM = "HmacSHA256";
    private static final int NAME_BYTES = 16;
    private static final Pattern VALUE =
            Pattern.compile("(([0-9a-f]{8})\\.([0-9a-f]{32})\\.(\\d{1,12})\\.(\\d{1,12}))\\.([A-Za-z0-9_-]{43})");
    private static final SecureRandom RANDOM = new SecureRandom();

    private final KeyRing keys;
    private final Duration lasting;

    @Inject
    Sessions(KeyRing keys, AccessConfig config) {
        this(keys, config.session());
    }

    Sessions(KeyRing keys, Duration lasting) {
        this.keys = keys;
        this.lasting = lasting;
    }

    /** How long a session lasts. */
    public Duration lasting() {
        return lasting;
    }

    /**
     * A session of a browser.
     *
     * @param key with which it began
     * @param whenEnded what is told of it when it is signed out of
     */
    record Session(ApiKey key, EndedSession whenEnded) {}

    /** The cookie's value for who has shown {@code key} at {@code now}. */
    public String begin(ApiKey key, Instant now) {
        byte[] name = new byte[NAME_BYTES];
        RANDOM.nextBytes(name);
        String said = String.join(
                ".",
                key.id(),
                HexFormat.of().formatHex(name),
                Long.toString(now.getEpochSecond()),
                Long.toString(now.plus(lasting).getEpochSecond()));
        return said + "." + signature(said);
    }

    /** The session, if the value is one of ours, not over by itself at {@code now}, and its key not revoked. */
    Optional<Session> find(String value, Instant now) {
        Matcher matcher = VALUE.matcher(value);
        if (!keys.isUsed()
                || !matcher.matches()
                || keys.sessionSecret().isEmpty()
                || !Sha256.same(signature(matcher.group(1)), matcher.group(6))
                || now.getEpochSecond() >= Long.parseLong(matcher.group(5))) {
            return Optional.empty();
        }
        EndedSession whenEnded = new EndedSession(
                Sha256.hex("session " + matcher.group(3)),
                Long.parseLong(matcher.group(4)) * 1_000,
                Long.parseLong(matcher.group(5)) * 1_000);
        return keys.valid(matcher.group(2)).map(key -> new Session(key, whenEnded));
    }

    private String signature(String said) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(keys.sessionSecret().getBytes(StandardCharsets.UTF_8), ALGORITHM));
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(mac.doFinal((COOKIE + "." + said).getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }
}
