package io.alignstream.stageruntime.access;

import io.alignstream.contracts.access.ApiKey;
import io.alignstream.contracts.access.AuditEntry.Mechanism;
import io.alignstream.contracts.messages.Reason;
import io.quarkus.security.identity.SecurityIdentity;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Named;
import org.jspecify.annotations.Nullable;

/** Who makes the current call; thread-safe, and pages know it as {@code inject:caller}. */
@ApplicationScoped
@Named("caller")
public class Caller {

    private final SecurityIdentity identity;
    private final EndedSessions ended;

    Caller(SecurityIdentity identity, EndedSessions ended) {
        this.identity = identity;
        this.ended = ended;
    }

    /** Whose turn it is and whose answers are their own: who signed in makes {@code call}, else whoever is at its address. */
    public static String of(RoutingContext call) {
        String name = Identities.of(call).flatMap(Identities::signedIn).orElse(null);
        SocketAddress other = call.request().remoteAddress();
        return name != null ? name : "address:" + (other == null ? "" : other.hostAddress());
    }

    /** The name of who signed in; null if nobody did, as in the local profile. */
    public @Nullable String name() {
        return Identities.name(identity);
    }

    /** Whether a provider knows the caller, who signs out there. */
    public boolean isOfProvider() {
        return Identities.mechanism(identity) == Mechanism.OIDC;
    }

    /** Whether a provider knows the caller by a session that was ended here. */
    public boolean isSignedOutHereAlone() {
        return isOfProvider() && ended.hold(identity);
    }

    /** Ends the session in which the caller is known, for all services; does nothing where there is none. */
    public void signOut() {
        ended.end(identity);
    }

    /** Whether the caller has the role {@code id}. */
    public boolean has(String id) {
        return identity.hasRole(id);
    }

    /**
     * The name under which the call acts: that of who signed in, else the one that was {@code said}. The holder of a key may say
     * the key's name alone.
     *
     * @throws OtherNameException if who signed in says to be somebody else
     */
    public @Nullable String named(@Nullable String said) {
        String name = name();
        if (name == null) {
            return said;
        }
        if (said != null
                && !said.isBlank()
                && !said.strip().equals(name)
                && !name.equals(ApiKey.ACTOR + said.strip())) {
            throw new OtherNameException(
                    Reason.of("refusal.otherName").with("name", said.strip()).with("signedIn", name));
        }
        return name;
    }
}
