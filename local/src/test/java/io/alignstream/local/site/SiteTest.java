package io.alignstream.local.site;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.Stage;
import io.alignstream.local.TestSites;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SiteTest {

    @TempDir
    Path folder;

    @Test
    void remembersItsSettings() {
        // Given
        Site.at(folder, 9000, 3L, List.of("-Da=b")).prepare();

        // When
        Site site = Site.at(folder, null, null, null);

        // Then
        assertThat(site.portBase()).isEqualTo(9000);
        assertThat(site.seed()).isEqualTo(3);
        assertThat(site.serviceOptions()).containsExactly("-Da=b");
        assertThat(site.port(Stage.INFERENCE)).isEqualTo(9006);
        assertThat(site.bootstrapServers()).isEqualTo("127.0.0.1:9012");
    }

    @Test
    void refusesAPortBaseThatLeavesNoRoom() {
        // When / Then
        assertThatThrownBy(() -> Site.at(folder, 65_530, null, null))
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("65530");
    }

    @Test
    void saysWhichFileIsDamaged() throws Exception {
        // Given
        Files.writeString(folder.resolve("site.json"), "{");

        // When / Then
        assertThatThrownBy(() -> Site.at(folder, null, null, null))
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining("site.json");
    }

    @Test
    void onlyOneLauncherWorksOnASite() {
        // Given
        Site site = TestSites.prepared(folder);
        try (SiteLock ignored = SiteLock.take(site)) {

            // When / Then
            assertThatThrownBy(() -> SiteLock.take(site))
                    .isInstanceOf(LaunchException.class)
                    .hasMessageContaining("process " + ProcessHandle.current().pid());
        }
        SiteLock.take(site).close();
    }
}
