package io.alignstream.stageruntime.access;

import io.alignstream.contracts.access.ApiKey;
import io.alignstream.contracts.hash.Sha256;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What a browser holds instead of an API key: the key's id and an end, signed. Thread-safe.
 *
 * <p>Name and roles are those that the key has when the cookie comes back, and a revoked key ends its sessions.
 */
@ApplicationScoped
public class Sessions {

    /** Name of the cookie; all services of a host share it. */
    public static final String COOKIE = "alignstream-session";

    private static final String ALGORITHM = "HmacSHA256";
    private static final Pattern VALUE = Pattern.compile("(([0-9a-f]{8})\\.(\\d{1,15}))\\.([A-Za-z0-9_-]{43})");

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

    /** The cookie's value for who has shown {@code key} at {@code now}. */
    public String begin(ApiKey key, Instant now) {
        String said = key.id() + "." + now.plus(lasting).getEpochSecond();
        return said + "." + signature(said);
    }

    /** The key that the session began with, if the value is one of ours, not over at {@code now}, and the key not revoked. */
    Optional<ApiKey> key(String value, Instant now) {
        Matcher matcher = VALUE.matcher(value);
        if (!keys.isUsed()
                || !matcher.matches()
                || keys.sessionSecret().isEmpty()
                || !Sha256.same(signature(matcher.group(1)), matcher.group(4))
                || now.getEpochSecond() >= Long.parseLong(matcher.group(3))) {
            return Optional.empty();
        }
        return keys.valid(matcher.group(2));
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
