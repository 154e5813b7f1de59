package io.alignstream.stageruntime.access;

import io.alignstream.contracts.access.AuditEntry.Mechanism;
import io.alignstream.contracts.access.EndedSession;
import io.alignstream.contracts.access.Role;
import io.alignstream.contracts.hash.Sha256;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.quarkus.vertx.http.runtime.security.QuarkusHttpUser;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Optional;
import org.eclipse.microprofile.jwt.JsonWebToken;
import org.jspecify.annotations.Nullable;

/** What an identity says about how it is known. */
final class Identities {

    static final String MECHANISM = "alignstream.mechanism";
    static final String KEY = "alignstream.key";
    static final String SESSION = "alignstream.session";

    /** Begins the names of a provider that hold a colon: those with another one before it are ours. */
    private static final String OF_PROVIDER = "oidc:";

    /** Nobody signed in, so there is no name; all roles, for whoever reaches this machine may as well stop the service. */
    private static final SecurityIdentity AT_THIS_MACHINE = QuarkusSecurityIdentity.builder()
            .setPrincipal(new QuarkusPrincipal(""))
            .setAnonymous(true)
            .addRoles(Role.all())
            .addAttribute(MECHANISM, Mechanism.LOCAL)
            .build();

    private static final SecurityIdentity NOBODY = QuarkusSecurityIdentity.builder()
            .setPrincipal(new QuarkusPrincipal(""))
            .setAnonymous(true)
            .build();

    private Identities() {}

    static SecurityIdentity nobody() {
        return NOBODY;
    }

    static SecurityIdentity atThisMachine() {
        return AT_THIS_MACHINE;
    }

    /** Who calls; empty before that is known. */
    static Optional<SecurityIdentity> of(RoutingContext call) {
        return call.user() instanceof QuarkusHttpUser user ? Optional.of(user.getSecurityIdentity()) : Optional.empty();
    }

    static Mechanism mechanism(SecurityIdentity identity) {
        Mechanism said = identity.getAttribute(MECHANISM);
        if (said != null) {
            return said;
        }
        return identity.isAnonymous() ? Mechanism.NONE : Mechanism.OIDC;
    }

    /**
     * The name of who signed in, which nobody has who is known by other means; null if nobody did. A person's is the provider's,
     * as it stands there; what begins with a word and a colon is none of a person's.
     */
    static @Nullable String name(SecurityIdentity identity) {
        if (identity.isAnonymous()) {
            return null;
        }
        String name = identity.getPrincipal().getName();
        return mechanism(identity) == Mechanism.OIDC && name.indexOf(':') >= 0 ? OF_PROVIDER + name : name;
    }

    /** The session in which the caller is known, as it stands when it is ended; empty where there is none. */
    static Optional<EndedSession> session(SecurityIdentity identity, Duration lasting) {
        EndedSession own = identity.getAttribute(SESSION);
        if (own != null) {
            return Optional.of(own);
        }
        return identity.getPrincipal() instanceof JsonWebToken token
                ? Optional.of(ofProvider(token, lasting))
                : Optional.empty();
    }

    /** A provider knows a session by its {@code sid}, which all of its tokens bear; a token without one is known by itself. */
    private static EndedSession ofProvider(JsonWebToken token, Duration lasting) {
        Object sid = token.getClaim("sid");
        String known = sid == null ? "token " + token.getRawToken() : "sid " + token.getIssuer() + " " + sid;
        long begun = Math.max(0, token.getIssuedAtTime()) * 1_000;
        long end = Math.max(token.getExpirationTime() * 1_000, System.currentTimeMillis() + lasting.toMillis());
        return new EndedSession(Sha256.hex(known), begun, Math.max(begun, end));
    }

    static Optional<String> signedIn(SecurityIdentity identity) {
        return Optional.ofNullable(name(identity));
    }

    static boolean isKnown(SecurityIdentity identity) {
        return mechanism(identity) != Mechanism.NONE;
    }
}
