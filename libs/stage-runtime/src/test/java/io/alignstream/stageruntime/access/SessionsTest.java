package io.alignstream.stageruntime.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.access.ApiKey;
import io.alignstream.contracts.access.KeyFile;
import io.alignstream.stageruntime.testing.Settings;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SessionsTest {

    private static final Instant NOW = Instant.parse("2026-11-29T20:00:00Z");

    @TempDir
    Path folder;

    private final ApiKey.Fresh ann = ApiKey.create("ann", List.of("annotator"), NOW);
    private Path file;

    @BeforeEach
    void write() throws IOException {
        file = folder.resolve("keys.json");
        new KeyFile(List.of(ann.kept())).write(file);
    }

    private KeyRing ring() {
        return new KeyRing(Settings.of(AccessConfig.class, Map.of("alignstream.access.keys", file.toString())));
    }

    private static Sessions sessions(KeyRing ring) {
        return new Sessions(ring, Duration.ofHours(1));
    }

    @Test
    void aSessionLastsUntilItsEndAndIsKnownToEveryService() {
        // Given
        String value = sessions(ring()).begin(ann.kept(), NOW);

        // When
        Sessions other = sessions(ring());

        // Then
        assertThat(other.find(value, NOW.plusSeconds(3_599)))
                .map(Sessions.Session::key)
                .contains(ann.kept());
        assertThat(other.find(value, NOW.plusSeconds(3_600))).isEmpty();
    }

    @Test
    void aForgedSessionIsNone() {
        // Given
        Sessions sessions = sessions(ring());
        String value = sessions.begin(ann.kept(), NOW);
        String end = Long.toString(NOW.plusSeconds(3_600).getEpochSecond());

        // When
        String longer = value.replace(end, end + "9");

        // Then
        assertThat(sessions.find(longer, NOW)).isEmpty();
        assertThat(sessions.find(value.substring(0, value.length() - 2) + "AA", NOW))
                .isEmpty();
        assertThat(sessions.find(ann.kept().id() + "." + end + ".", NOW)).isEmpty();
        assertThat(sessions.find("", NOW)).isEmpty();
    }

    @Test
    void revokingAKeyEndsItsSessionsAtOnce() throws IOException {
        // Given
        KeyRing ring = ring();
        Sessions sessions = sessions(ring);
        String value = sessions.begin(ann.kept(), NOW);
        assertThat(sessions.find(value, NOW)).isPresent();

        // When
        KeyFile.read(file).revoked(ann.kept().id(), NOW).write(file);

        // Then
        assertThat(sessions.find(value, NOW)).isEmpty();
        assertThat(ring.find(ann.text())).isEmpty();
    }

    @Test
    void aFileThatBecomesUnreadableOpensNothingUntilItIsMended() throws IOException {
        // Given
        KeyRing ring = ring();
        String good = Files.readString(file);
        assertThat(ring.find(ann.text())).isPresent();

        // When
        Files.writeString(file, "{\"keys\": [");

        // Then
        assertThat(ring.find(ann.text())).isEmpty();
        Files.writeString(file, good);
        assertThat(ring.find(ann.text())).isPresent();
        Files.delete(file);
        assertThat(ring.find(ann.text())).isEmpty();
    }

    @Test
    void aServiceDoesNotStartWithAFileThatIsNone() throws IOException {
        // Given
        Files.writeString(file, "[]");
        KeyRing ring = ring();

        // When // Then
        assertThatThrownBy(() -> ring.check(new StartupEvent()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("alignstream.access.keys is " + file)
                .hasMessageContaining("./alignstream key create");
    }

    @Test
    void aServiceDoesNotStartWithoutTheSecretOfItsSessions() throws IOException {
        // Given
        Files.delete(file.resolveSibling(KeyFile.SESSION_SECRET));
        KeyRing ring = ring();

        // When // Then
        assertThatThrownBy(() -> ring.check(new StartupEvent()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(KeyFile.SESSION_SECRET);
    }
}
