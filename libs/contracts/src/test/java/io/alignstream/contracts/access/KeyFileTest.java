package io.alignstream.contracts.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.alignstream.contracts.check.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KeyFileTest {

    private static final Instant NOW = Instant.parse("2026-11-29T20:06:33.250Z");
    private static final KeyFile NONE = new KeyFile(List.of());

    @TempDir
    Path folder;

    private final ApiKey.Fresh ann = ApiKey.create("ann", List.of("annotator"), NOW);
    private final ApiKey.Fresh bob = ApiKey.create("bob", List.of("viewer", "operator"), NOW);

    @Test
    void whatIsWrittenReadsBackAndHoldsNoKey() throws IOException {
        // Given
        Path file = folder.resolve("access/keys.json");
        KeyFile keys = NONE.with(ann.kept()).with(bob.kept());

        // When
        keys.write(file);

        // Then
        assertThat(KeyFile.read(file)).isEqualTo(keys);
        assertThat(Files.readString(file)).doesNotContain(ann.text().substring(ApiKey.PREFIX.length() + 9));
        assertThat(KeyFile.sessionSecret(file)).hasSizeGreaterThan(32);
        try (var files = Files.list(file.getParent())) {
            assertThat(files).hasSize(2).allSatisfy(one -> assertThat(
                            PosixFilePermissions.toString(Files.getPosixFilePermissions(one)))
                    .isEqualTo("rw-------"));
        }
    }

    @Test
    void aKeyOpensAsItIsAndInNoOtherSpelling() {
        // Given
        KeyFile keys = NONE.with(ann.kept()).with(bob.kept());

        // When
        Optional<ApiKey> found = keys.find(ann.text());

        // Then
        assertThat(found).contains(ann.kept());
        assertThat(keys.find(ann.text().toUpperCase(Locale.ROOT))).isEmpty();
        assertThat(keys.find(ann.text() + " ")).isEmpty();
        assertThat(keys.find(ann.text().substring(0, ann.text().length() - 1))).isEmpty();
        assertThat(keys.find(ann.text()
                        .replaceFirst("_[0-9a-f]{8}_", "_" + bob.kept().id() + "_")))
                .isEmpty();
        assertThat(keys.find("")).isEmpty();
    }

    @Test
    void aRevokedKeyOpensNothing() {
        // Given
        KeyFile keys = NONE.with(ann.kept()).with(bob.kept());

        // When
        KeyFile revoked = keys.revoked(ann.kept().id(), NOW);

        // Then
        assertThat(revoked.find(ann.text())).isEmpty();
        assertThat(revoked.find(bob.text())).contains(bob.kept());
        assertThat(revoked.keys().getFirst().revoked()).isEqualTo("2026-11-29T20:06:33Z");
    }

    @Test
    void whoRevokesAKeyThatIsNotThereHearsSo() {
        assertThatThrownBy(() -> NONE.revoked("00000000", NOW))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("00000000");
    }

    @Test
    void aKeyIsNotPrintedByMistake() {
        assertThat(ann.toString()).doesNotContain(ann.text());
    }

    @Test
    void keysDiffer() {
        assertThat(ann.text())
                .isNotEqualTo(bob.text())
                .startsWith(ApiKey.PREFIX)
                .hasSizeGreaterThan(50);
        assertThat(ApiKey.idIn(ann.text())).contains(ann.kept().id());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "null",
                "[]",
                "{\"keys\": 7}",
                "{\"keys\": [{}]}",
                "{\"keys\": [], \"more\": 1}",
                "{\"keys\": []} x",
                "{\"keys\": [], \"keys\": []}",
            })
    void aMalformedFileIsRefusedWithItsName(String content) throws IOException {
        // Given
        Path file = Files.writeString(folder.resolve("keys.json"), content);

        // When // Then
        assertThatThrownBy(() -> KeyFile.read(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(file.toString());
    }

    @Test
    void aMissingFileIsRefusedWithTheWayOut() {
        assertThatThrownBy(() -> KeyFile.read(folder.resolve("keys.json")))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining("key create");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"id\": \"3f9a1c20\"|\"id\": \"3F9A1C20\"|3F9A1C20",
                "\"name\": \"ann\"|\"name\": \"a/n\"|a/n",
                "[\"annotator\"]|[\"boss\"]|boss",
                "[\"annotator\"]|[]|roles",
                "\"created\": \"2026-11-29T20:06:33Z\"|\"created\": \"yesterday\"|yesterday",
                "0123456789abcdef\",|0123456789abcdeF\",|sha256",
            })
    void aKeyWithAWrongFieldIsRefusedInWords(String right, String wrong, String word) throws IOException {
        // Given
        String good =
                """
                {"keys": [{"id": "3f9a1c20", "name": "ann", "roles": ["annotator"], "sha256": "%s",
                "created": "2026-11-29T20:06:33Z"}]}"""
                        .formatted("0123456789abcdef".repeat(4));
        Path file = Files.writeString(folder.resolve("keys.json"), good);
        assertThat(KeyFile.read(file).keys()).hasSize(1);
        Files.writeString(file, good.replace(right, wrong));

        // When // Then
        assertThatThrownBy(() -> KeyFile.read(file))
                .isInstanceOf(InvalidInputException.class)
                .hasMessageContaining(word);
    }
}
