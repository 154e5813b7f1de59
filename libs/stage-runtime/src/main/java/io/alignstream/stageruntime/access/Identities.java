package io.alignstream.stageruntime.access;

import io.alignstream.contracts.access.AuditEntry.Mechanism;
import io.alignstream.contracts.access.Role;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.quarkus.vertx.http.runtime.security.QuarkusHttpUser;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What an identity says about how it is known. */
final class Identities {

    static final String MECHANISM = "alignstream.mechanism";
    static final String KEY = "alignstream.key";

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

    /** The name of who signed in; null if nobody did. */
    static @Nullable String name(SecurityIdentity identity) {
        return identity.isAnonymous() ? null : identity.getPrincipal().getName();
    }

    static Optional<String> signedIn(SecurityIdentity identity) {
        return Optional.ofNullable(name(identity));
    }

    static boolean isKnown(SecurityIdentity identity) {
        return mechanism(identity) != Mechanism.NONE;
    }
}
