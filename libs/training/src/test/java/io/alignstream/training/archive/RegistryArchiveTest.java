package io.alignstream.training.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.Topic;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.DamagedCheckpointException;
import io.alignstream.languagemodel.testing.S3Server;
import io.alignstream.training.archive.ArchivedRecord.Header;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was kept comes back byte for byte, once, in the brokers' order; on disk and in S3. */
class RegistryArchiveTest {

    @TempDir
    static Path serverFolder;

    private static S3Server server;

    @TempDir
    Path folder;

    @BeforeAll
    static void startServer() throws IOException {
        server = S3Server.start(serverFolder);
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "s3"})
    void recordsComeBackAsTheyWereInTheOrderOfTheBrokers(String kind) throws IOException {
        // Given
        ArchivedRecord second = record("one", "{\"name\": \"成都\"}", "b", 2_000, 7);
        ArchivedRecord first = record("two", "{}", "a", 2_000, 6);
        ArchivedRecord withdrawn = record("one", null, "c", 3_000, 0);
        try (CheckpointStore store = open(kind)) {
            RegistryArchive archive = new RegistryArchive(store);
            // When
            for (ArchivedRecord record : List.of(second, withdrawn, first)) {
                archive.keep(record);
            }
            List<ArchivedRecord> kept = new RegistryArchive(store).records(Topic.CHECKPOINTS);

            // Then
            assertThat(kept).usingRecursiveComparison().isEqualTo(List.of(first, second, withdrawn));
            assertThat(RegistryArchive.newest(kept).sequencedKeySet()).containsExactly("two", "one");
            assertThat(archive.records(Topic.TOKENIZERS)).isEmpty();
        }
    }

    @Test
    void anEventIsKeptOnceWhereverItStands() throws IOException {
        // Given
        ArchivedRecord record = record("one", "{}", "a", 1_000, 0);
        ArchivedRecord restored = record("one", "{}", "a", 9_000, 4);
        ArchivedRecord published = record("one", "{}", "b", 9_500, 5);
        try (CheckpointStore store = open("file")) {
            new RegistryArchive(store).keep(record);

            // When: by another process, after a restoration
            RegistryArchive other = new RegistryArchive(store);
            List<Boolean> kept = List.of(other.keep(record), other.keep(restored), other.keep(published));

            // Then: the same value again is news, as it makes its key the newest
            assertThat(kept).containsExactly(false, false, true);
            assertThat(other.records(Topic.CHECKPOINTS))
                    .extracting(ArchivedRecord::timestamp)
                    .containsExactly(1_000L, 9_500L);
        }
    }

    @Test
    void whatWasChangedInTheStoreIsNotTaken() throws IOException {
        // Given
        try (CheckpointStore store = open("file")) {
            RegistryArchive archive = new RegistryArchive(store);
            archive.keep(record("one", "{\"verdict\": \"rejected\"}", "a", 1_000, 0));
            try (Stream<Path> files = Files.walk(folder)) {
                Path value =
                        files.filter(file -> file.endsWith("value")).findFirst().orElseThrow();
                Files.writeString(value, "{\"verdict\": \"approved\"}");
            }

            // When, then
            assertThatThrownBy(() -> archive.records(Topic.CHECKPOINTS)).isInstanceOf(DamagedCheckpointException.class);
        }
    }

    private CheckpointStore open(String kind) throws IOException {
        return CheckpointStore.open(
                kind.equals("s3")
                        ? URI.create("s3://" + S3Server.BUCKET + "/" + UUID.randomUUID() + "/")
                        : folder.resolve("store").toUri(),
                folder.resolve("cache"));
    }

    private static ArchivedRecord record(String key, @Nullable String value, String id, long timestamp, long offset) {
        return new ArchivedRecord(
                Topic.CHECKPOINTS.name(),
                key.getBytes(StandardCharsets.UTF_8),
                List.of(Header.of("ce_id", id.getBytes(StandardCharsets.UTF_8)), Header.of("odd", new byte[] {-1, 0})),
                value == null ? null : value.getBytes(StandardCharsets.UTF_8),
                timestamp,
                offset);
    }
}
