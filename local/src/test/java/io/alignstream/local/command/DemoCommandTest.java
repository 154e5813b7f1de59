package io.alignstream.local.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoCommandTest {

    private static final String[] STAGES = {"pretrain", "sft", "reward", "rlhf"};

    @TempDir
    Path folder;

    private Installation installation;

    @BeforeEach
    void project() {
        installation = new Installation(folder.resolve("project"));
    }

    @Test
    void aNewDemoComputesWithWhatTheProcessorHas() throws IOException {
        // Given
        Site site = site();

        // When
        Site own = DemoCommand.withOwnSettings(site, installation, Map.of());

        // Then
        for (String stage : STAGES) {
            assertThat(own.serviceOptions())
                    .contains("-Dalignstream." + stage + ".precision="
                            + Precision.fastest().label());
        }
        assertThat(own.serviceOptions()).noneMatch(option -> option.contains("torch.operators"));
    }

    @Test
    void whatTheUserGivesCounts() throws IOException {
        // Given
        Site site = site("-Dalignstream.sft.precision=float32");

        // When
        Site own = DemoCommand.withOwnSettings(site, installation, Map.of());

        // Then
        assertThat(own.serviceOptions())
                .filteredOn(option -> option.contains("sft.precision"))
                .containsExactly("-Dalignstream.sft.precision=float32");
    }

    @Test
    void soDoesTheEnvironment() throws IOException {
        // Given
        Map<String, String> environment = Map.of("ALIGNSTREAM_SFT_PRECISION", "float32");

        // When
        Site own = DemoCommand.withOwnSettings(site(), installation, environment);

        // Then
        assertThat(own.serviceOptions())
                .noneMatch(option -> option.contains("sft.precision"))
                .anyMatch(option -> option.contains("rlhf.precision"));
    }

    /** With other options besides, as in {@code up --service-option=…} for one's own ends. */
    @Test
    void laterOptionsLeaveTheNumbersAsTheyWere() throws IOException {
        // Given
        Site begun = DemoCommand.withOwnSettings(site(), installation, Map.of());
        begun.prepare();

        // When
        Site later = Site.at(
                begun.dataFolder(),
                null,
                null,
                List.of("-Dalignstream.access.local=false", "-Dalignstream.sft.precision=float32"));

        // Then
        assertThat(later.serviceOptions())
                .filteredOn(option -> option.contains("precision"))
                .containsExactlyInAnyOrder(
                        "-Dalignstream.sft.precision=float32",
                        "-Dalignstream.pretrain.precision="
                                + Precision.fastest().label(),
                        "-Dalignstream.reward.precision=" + Precision.fastest().label(),
                        "-Dalignstream.rlhf.precision=" + Precision.fastest().label());
    }

    @Test
    void whatHasBegunGoesOnAsItBegan() throws IOException {
        // Given
        Site site = site();
        Files.createDirectories(site.kafka());

        // When
        Site own = DemoCommand.withOwnSettings(site, installation, Map.of());

        // Then
        assertThat(own.serviceOptions()).noneMatch(option -> option.contains("precision"));
    }

    @Test
    void fusedOperatorsAreTakenWhereTheyWereBuilt() throws IOException {
        // Given
        Files.createDirectories(installation.operatorsLibrary().getParent());
        Files.writeString(installation.operatorsLibrary(), "code");

        // When
        Site own = DemoCommand.withOwnSettings(site(), installation, Map.of());

        // Then: a copy that stays as it is
        Path copy = own.dataFolder().resolve("operators/libalignstream_operators.so");
        assertThat(own.serviceOptions()).contains("-Dalignstream.torch.operators=" + copy);
        assertThat(copy).hasContent("code");
    }

    private Site site(String... options) {
        return new Site(folder.resolve("data"), Site.DEFAULT_PORT_BASE, 3, List.of(options));
    }
}
