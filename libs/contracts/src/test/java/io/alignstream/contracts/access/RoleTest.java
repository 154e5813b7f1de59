package io.alignstream.contracts.access;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RoleTest {

    @Test
    void anAdminMayDoEverything() {
        assertThat(Role.ADMIN.ids()).isEqualTo(Role.all()).hasSize(Role.values().length);
    }

    @Test
    void rolesOfOthersAreNone() {
        // Given
        List<String> claim = List.of("offline_access", "reviewer", "ADMIN");

        // When
        Set<String> roles = Role.expanded(claim);

        // Then
        assertThat(roles).containsExactlyInAnyOrder("reviewer", "viewer");
    }
}
