package io.alignstream.local.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.Stage;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.Site;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceProcessesTest {

    @TempDir
    private Path folder;

    /** A service with another command would be restarted by the second command on a new data folder. */
    @Test
    void commandIsTheSameBeforeAndAfterTheDataFolderIsThere() throws Exception {
        // Given
        Path jar = folder.resolve("home/tokenizer-service/target/quarkus-app/quarkus-run.jar");
        Files.createDirectories(jar.getParent());
        Files.createFile(jar);
        Installation installation = new Installation(folder.resolve("home"));
        Site site = Site.at(folder.resolve("data"), null, null, null);
        List<String> first =
                new ServiceProcesses(site, installation).of(Stage.TOKENIZER).command();

        // When
        site.prepare();
        List<String> second =
                new ServiceProcesses(site, installation).of(Stage.TOKENIZER).command();

        // Then
        assertThat(second).isEqualTo(first);
    }
}
