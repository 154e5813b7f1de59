package io.alignstream.local.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.local.site.LaunchException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CredentialTest {

    @TempDir
    private Path folder;

    @Test
    void theVariableGoesBeforeTheFile() throws IOException {
        // Given
        Path file = Files.writeString(folder.resolve("key"), "  of-the-file\n");
        Map<String, String> both =
                Map.of("ALIGNSTREAM_KEY", "of-the-variable", "ALIGNSTREAM_KEY_FILE", file.toString());

        // When // Then
        assertThat(Credential.key(both)).contains("of-the-variable");
        assertThat(Credential.key(Map.of("ALIGNSTREAM_KEY_FILE", file.toString())))
                .contains("of-the-file");
        assertThat(Credential.key(Map.of("ALIGNSTREAM_KEY", " "))).isEmpty();
    }

    @Test
    void aFileThatIsNotThereIsNamed() {
        // Given
        Map<String, String> environment =
                Map.of("ALIGNSTREAM_KEY_FILE", folder.resolve("none").toString());

        // When // Then
        assertThatThrownBy(() -> Credential.key(environment))
                .isInstanceOf(LaunchException.class)
                .hasMessageContainingAll(
                        "ALIGNSTREAM_KEY_FILE", folder.resolve("none").toString());
    }
}
