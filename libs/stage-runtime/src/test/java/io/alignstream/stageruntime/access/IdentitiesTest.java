package io.alignstream.stageruntime.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.access.ApiKey;
import io.alignstream.contracts.access.AuditEntry.Mechanism;
import io.quarkus.security.runtime.QuarkusPrincipal;
import io.quarkus.security.runtime.QuarkusSecurityIdentity;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class IdentitiesTest {

    private static String ofProvider(String name) {
        return Identities.name(QuarkusSecurityIdentity.builder()
                .setPrincipal(new QuarkusPrincipal(name))
                .build());
    }

    private static String ofKey(String name) {
        ApiKey key = ApiKey.create(name, List.of("viewer"), Instant.now()).kept();
        return Identities.name(QuarkusSecurityIdentity.builder()
                .setPrincipal(new QuarkusPrincipal(key.actor()))
                .addAttribute(Identities.MECHANISM, Mechanism.KEY)
                .build());
    }

    @Test
    void aKeyThatIsCalledAsAPersonActsUnderAnotherName() {
        assertThat(ofProvider("ann")).isEqualTo("ann");
        assertThat(ofKey("ann")).isEqualTo("key:ann");
    }

    @Test
    void aPersonWhoIsCalledAsAKeyOrAUserActsUnderAnotherName() {
        assertThat(ofProvider("key:ann")).isEqualTo("oidc:key:ann");
        assertThat(ofProvider("user:ann")).isEqualTo("oidc:user:ann");
        assertThat(ofProvider("oidc:key:ann")).isEqualTo("oidc:oidc:key:ann");
    }

    @Test
    void theLongestNameOfAKeyFitsWhereNamesOfPeopleDo() {
        assertThat(ofKey("n".repeat(96))).hasSize(100);
        // One that an earlier version has made.
        ApiKey kept = ApiKey.create("n", List.of("viewer"), Instant.now()).kept();
        assertThat(new ApiKey(kept.id(), "n".repeat(100), kept.roles(), kept.sha256(), kept.created(), null).actor())
                .hasSize(100);
    }
}
