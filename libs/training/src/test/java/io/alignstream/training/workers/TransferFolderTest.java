package io.alignstream.training.workers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TransferFolderTest {

    private static final String TEMPORARY = "java.io.tmpdir";

    @TempDir
    private Path folder;

    private final String before = System.getProperty(TEMPORARY);

    @BeforeEach
    void useFolder() {
        System.setProperty(TEMPORARY, folder.toString());
    }

    @AfterEach
    void useFolderOfBefore() {
        System.setProperty(TEMPORARY, before);
    }

    @Test
    void what_a_killed_process_left_is_deleted_by_the_next_and_what_is_in_use_stays() throws IOException {
        // Given: a folder as a process leaves it whose lock nobody holds any more
        try (TransferFolder used = TransferFolder.create()) {
            Path left = used.path().getParent().resolveSibling("123-456-" + UUID.randomUUID());
            Files.createDirectories(left.resolve("checkpoint"));
            Files.createFile(left.resolve("lock"));
            Files.writeString(left.resolve("checkpoint").resolve("model.safetensors"), "weights");
            Files.writeString(used.path().resolve("model.safetensors"), "weights");

            // When
            TransferFolder.sweep();

            // Then
            assertThat(left).doesNotExist();
            assertThat(used.path().resolve("model.safetensors")).exists();
        }
    }

    @Test
    void nobody_else_can_read_it_and_nothing_is_left_of_it() throws IOException {
        // Given
        TransferFolder transfer = TransferFolder.create();
        Files.writeString(transfer.path().resolve("model.safetensors"), "weights");
        String permissions = PosixFilePermissions.toString(Files.getPosixFilePermissions(TransferFolder.root()));

        // When
        transfer.close();

        // Then
        assertThat(permissions).isEqualTo("rwx------");
        try (Stream<Path> left = Files.walk(folder)) {
            assertThat(left.filter(Files::isRegularFile)).isEmpty();
        }
    }
}
