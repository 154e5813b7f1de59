package io.alignstream.reward.desk;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.messages.Reason;
import jakarta.ws.rs.core.SecurityContext;
import java.security.Principal;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AccessTest {

    @Test
    void withoutASignInPeopleSayWhoTheyAre() {
        // Given
        Access access = new Access(signedIn(null));

        // When
        Optional<Reason> refusal = access.refusal(Access.Role.ADMIN, "ann");

        // Then
        assertThat(refusal).isEmpty();
        assertThat(access.refusal(Access.Role.ANNOTATOR, " ")).map(Reason::code).contains("refusal.noName");
    }

    @Test
    void whoIsSignedInWritesNobodyElsesRanking() {
        // Given
        Access access = new Access(signedIn("ann", "annotator"));

        // When
        Optional<Reason> refusal = access.refusal(Access.Role.ANNOTATOR, "bob");

        // Then
        assertThat(refusal).map(Reason::code).contains("refusal.otherName");
        assertThat(access.refusal(Access.Role.ANNOTATOR, "ann")).isEmpty();
    }

    @Test
    void whoLacksTheRoleDoesNotSeeTheReview() {
        // Given
        Access access = new Access(signedIn("ann", "annotator"));

        // When
        Optional<Reason> refusal = access.refusal(Access.Role.REVIEWER);

        // Then
        assertThat(refusal).map(Reason::code).contains("refusal.role");
    }

    private static SecurityContext signedIn(@Nullable String name, String... roles) {
        return new SecurityContext() {

            @Override
            public @Nullable Principal getUserPrincipal() {
                return name == null ? null : () -> name;
            }

            @Override
            public boolean isUserInRole(String role) {
                return Set.of(roles).contains(role);
            }

            @Override
            public boolean isSecure() {
                return true;
            }

            @Override
            public String getAuthenticationScheme() {
                return "test";
            }
        };
    }
}
