package io.alignstream.stageruntime.access;

import io.alignstream.contracts.access.ApiKey;
import io.alignstream.contracts.access.AuditEntry.Mechanism;
import io.alignstream.contracts.access.Role;
import io.quarkus.security.identity.IdentityProviderManager;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.quarkus.vertx.http.runtime.security.ChallengeData;
import io.quarkus.vertx.http.runtime.security.HttpAuthenticationMechanism;
import io.smallrye.mutiny.Uni;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Knows callers by an API key ({@code Authorization: Bearer}), browsers by the session that a key began, and, where {@code
 * alignstream.access.local} says so, whoever sits at this machine. Others are left to OpenID Connect, or stay unknown.
 */
@ApplicationScoped
class KeyMechanism implements HttpAuthenticationMechanism {

    /** Set on a request whose key opens nothing. */
    static final String WRONG_KEY = KeyMechanism.class.getName() + ".wrongKey";
    /** Set on a request whose key was not looked at: what came of it, {@link KeyTries.Outcome}. */
    static final String TOO_MANY = KeyMechanism.class.getName() + ".tooMany";

    private static final String BEARER = "Bearer ";
    /** Who came through a proxy does not sit at this machine, though the proxy does. */
    private static final List<String> OF_PROXIES = List.of("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via");

    private final KeyTries keys;
    private final Sessions sessions;
    private final AccessConfig config;

    KeyMechanism(KeyTries keys, Sessions sessions, AccessConfig config) {
        this.keys = keys;
        this.sessions = sessions;
        this.config = config;
    }

    @Override
    public Uni<SecurityIdentity> authenticate(RoutingContext call, IdentityProviderManager manager) {
        return Uni.createFrom().optional(identity(call));
    }

    private Optional<SecurityIdentity> identity(RoutingContext call) {
        String authorization = call.request().getHeader(HttpHeaders.AUTHORIZATION);
        if (authorization != null && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            String presented = authorization.substring(BEARER.length()).strip();
            if (presented.startsWith(ApiKey.PREFIX)) {
                KeyTries.Outcome tried = keys.find(presented, call.request());
                Optional<ApiKey> key = tried.key();
                if (tried.tooMany()) {
                    call.put(TOO_MANY, tried);
                } else if (key.isEmpty()) {
                    call.put(WRONG_KEY, true);
                }
                // Nobody else is asked about what looks like a key: a provider would get to read it.
                return Optional.of(key.<SecurityIdentity>map(
                                one -> holder(one, Mechanism.KEY).build())
                        .orElseGet(Identities::nobody));
            }
            if (config.oidc()) {
                return Optional.empty();
            }
        }
        Cookie cookie = call.request().getCookie(Sessions.COOKIE);
        Optional<SecurityIdentity> session = Optional.ofNullable(cookie)
                .flatMap(one -> sessions.find(one.getValue(), Instant.now()))
                .map(found -> holder(found.key(), Mechanism.SESSION)
                        .addAttribute(Identities.SESSION, found.whenEnded())
                        .build());
        return session.or(() -> config.local() && isAtThisMachine(call.request())
                ? Optional.of(Identities.atThisMachine())
                : Optional.empty());
    }

    private static QuarkusSecurityIdentity.Builder holder(ApiKey key, Mechanism mechanism) {
        return QuarkusSecurityIdentity.builder()
                .setPrincipal(new QuarkusPrincipal(key.actor()))
                .addRoles(Role.expanded(key.roles()))
                .addAttribute(Identities.MECHANISM, mechanism)
                .addAttribute(Identities.KEY, key.id());
    }

    private static boolean isAtThisMachine(HttpServerRequest request) {
        SocketAddress other = request.remoteAddress();
        try {
            return other != null
                    && other.hostAddress() != null
                    && InetAddress.getByName(other.hostAddress()).isLoopbackAddress()
                    && OF_PROXIES.stream().noneMatch(request.headers()::contains);
        } catch (UnknownHostException e) {
            return false;
        }
    }

    /** The gate has answered who is not known already. */
    @Override
    public Uni<ChallengeData> getChallenge(RoutingContext call) {
        return Uni.createFrom().optional(Optional.empty());
    }

    /** Before OpenID Connect, which would take a key for a broken token. */
    @Override
    public int getPriority() {
        return 2 * DEFAULT_PRIORITY;
    }
}
