package io.alignstream.stageruntime.access;

import io.alignstream.contracts.access.Role;
import io.quarkus.security.identity.AuthenticationRequestContext;
import io.quarkus.security.identity.SecurityIdentity;
import io.quarkus.security.identity.SecurityIdentityAugmentor;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import io.smallrye.mutiny.Uni;
import jakarta.enterprise.context.ApplicationScoped;

/** Adds to the roles that an OpenID Connect provider tells those that they include. */
@ApplicationScoped
class ProviderRoles implements SecurityIdentityAugmentor {

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
