package io.alignstream.stageruntime.access;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.stageruntime.testing.Settings;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ProviderRolesTest {

    private static ProviderRoles roles(String oidc, Optional<List<String>> audience) {
        return new ProviderRoles(Settings.of(AccessConfig.class, Map.of("alignstream.access.oidc", oidc)), audience);
    }

    @Test
    void aServiceDoesNotStartThatTokensForAnybodyWouldOpen() {
        // Given
        ProviderRoles roles = roles("true", Optional.empty());

        // When // Then
        assertThatThrownBy(() -> roles.check(new StartupEvent()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("quarkus.oidc.token.audience");
    }

    @Test
    void whereThereIsNoProviderOrTokensAreForThisServiceItStarts() {
        // Given
        ProviderRoles without = roles("false", Optional.empty());
        ProviderRoles with = roles("true", Optional.of(List.of("alignstream")));

        // When // Then
        assertThatCode(() -> without.check(new StartupEvent())).doesNotThrowAnyException();
        assertThatCode(() -> with.check(new StartupEvent())).doesNotThrowAnyException();
    }
}
