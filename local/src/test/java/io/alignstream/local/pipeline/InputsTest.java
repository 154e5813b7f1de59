package io.alignstream.local.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Stage;
import io.alignstream.local.broker.SharedBroker;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InputsTest {

    @TempDir
    private Path folder;

    private final Site site = SharedBroker.site();

    @Test
    void anArtefactThatTheBrokerLostMakesNoOtherStale() throws IOException {
        // Given: an artefact behind the present end of its topic
        Path file = folder.resolve("inputs.json");
        Files.writeString(
                file,
                "{\"sft\": {\"inputEnd\": %d, \"staleOffset\": 1000000}}"
                        .formatted(Inputs.end(site.connection(), Stage.SFT)));

        // When
        Map<Stage, Long> stale = Inputs.stale(file, site.connection(), new Registry());

        // Then
        assertThat(stale).containsEntry(Stage.SFT, -1L);
    }
}
