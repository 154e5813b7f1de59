package io.alignstream.local.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.local.RecordingConsole;
import io.alignstream.local.TestSites;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalClusterTest {

    @TempDir
    private Path folder;

    @Test
    void aSettingThatThereIsNotIsRefusedBeforeAnythingStarts() {
        // Given
        Site site = new Site(folder, 20_000, Site.DEFAULT_SEED, List.of("-Dalignstream.pretran.steps=5"));

        // When, then
        assertThatThrownBy(() ->
                        LocalCluster.startBroker(site, TestSites.installation(), new RecordingConsole().console()))
                .isInstanceOf(LaunchException.class)
                .hasMessageContainingAll("alignstream.pretran.steps is not a setting", "alignstream.pretrain.steps");
        assertThat(folder).isEmptyDirectory();
    }
}
