package io.alignstream.stageruntime.access;

import io.alignstream.contracts.access.Role;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.quarkus.security.identity.AuthenticationRequestContext;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.SecurityIdentityAugmentor;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.smallrye.mutiny.Uni;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.interceptor.Interceptor;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Adds to the roles that an OpenID Connect provider tells those that they include, of tokens that it gave for this service. */
@ApplicationScoped
class ProviderRoles implements SecurityIdentityAugmentor {

    private static final String AUDIENCE = "quarkus.oidc.token.audience";

    private final AccessConfig config;
    private final Optional<List<String>> audience;

    ProviderRoles(AccessConfig config, @ConfigProperty(name = AUDIENCE) Optional<List<String>> audience) {
        this.config = config;
        this.audience = audience;
    }

    /** A token that somebody gave to another application of the same provider must not open this one. */
    void check(@Observes @Priority(Interceptor.Priority.PLATFORM_BEFORE + 10) StartupEvent event) {
        if (config.oidc() && audience.filter(names -> !names.isEmpty()).isEmpty()) {
            throw new ConfigurationException("alignstream.access.oidc is true but " + AUDIENCE
                    + " is not set: tokens that the provider gave for any other application would open this service;"
                    + " name who they must be for, mostly the client id");
        }
    }

    @Override
    public Uni<SecurityIdentity> augment(SecurityIdentity identity, AuthenticationRequestContext context) {
        return Uni.createFrom()
                .item(
                        identity.isAnonymous()
                                ? identity
                                : QuarkusSecurityIdentity.builder(identity)
                                        .addRoles(Role.expanded(identity.getRoles()))
                                        .build());
    }
}
