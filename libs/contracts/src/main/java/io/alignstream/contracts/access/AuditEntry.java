package io.alignstream.contracts.access;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.alignstream.contracts.check.Check;
import org.jspecify.annotations.Nullable;

/**
 * One request that changed something or was refused, key {@code service}. It never holds a credential, a body or what stands
 * behind the question mark of an address.
 *
 * @param time when the answer was sent, in milliseconds since 1970-01-01T00:00:00Z
 * @param service that answered, for example {@code sft-service}
 * @param who the name of whoever signed in; null where nobody did
 * @param mechanism by what the service knows who it was
 * @param key id of the API key, where one was used; null otherwise
 * @param from address of the other end of the connection
 * @param method of HTTP, at most {@value #MAX_METHOD} characters
 * @param path of the address, at most {@value #MAX_PATH} characters
 * @param status of HTTP, 100 or more
 */
public record AuditEntry(
        long time,
        String service,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String who,
        Mechanism mechanism,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String key,
        String from,
        String method,
        String path,
        int status,
        Outcome outcome) {

    /** Longest method, in characters. */
    public static final int MAX_METHOD = 20;

    /** Longest path, in characters. */
    public static final int MAX_PATH = 1_000;

    public AuditEntry {
        Check.atLeast("time", time, 0);
        Check.id("service", service);
        if (who != null) {
            Check.id("who", who);
        }
        Check.present("mechanism", mechanism);
        if (key != null) {
            Check.id("key", key);
        }
        Check.id("from", from);
        Check.text("method", method, MAX_METHOD);
        Check.text("path", path, MAX_PATH);
        Check.atLeast("status", status, 100);
        Check.present("outcome", outcome);
    }

    /** How a service knows who calls. */
    public enum Mechanism {
        /** It does not. */
        @JsonProperty("none")
        NONE,
        /** Whoever sits at this machine, where that is enough. */
        @JsonProperty("local")
        LOCAL,
        /** An API key in the request. */
        @JsonProperty("key")
        KEY,
        /** A browser that signed in with an API key. */
        @JsonProperty("session")
        SESSION,
        /** A token or session of an OpenID Connect provider. */
        @JsonProperty("oidc")
        OIDC
    }

    /** What became of the request. */
    public enum Outcome {
        /** It was done. */
        @JsonProperty("done")
        DONE,
        /** The caller may not do that, or is not known. */
        @JsonProperty("refused")
        REFUSED,
        /** Something else was wrong with it, or went wrong. */
        @JsonProperty("failed")
        FAILED;

        /** The outcome that the {@code status} of HTTP tells. */
        public static Outcome of(int status) {
            if (status == 401 || status == 403) {
                return REFUSED;
            }
            return status < 400 ? DONE : FAILED;
        }
    }
}
