package io.alignstream.languagemodel.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicWriteTest {

    @TempDir
    private Path folder;

    @Test
    void aFolderHasNothingOfAKilledWrite() throws IOException {
        // Given
        Path leftover = Files.createDirectories(folder.resolve("new/.model.unfinished/deep"));
        Files.writeString(leftover.resolve("stale"), "of another model");

        // When
        AtomicWrite.create(folder.resolve("new/model"), unfinished -> {
            Files.createDirectory(unfinished);
            Files.writeString(unfinished.resolve("fresh"), "weights");
        });

        // Then
        assertThat(folder.resolve("new").toFile().list()).containsExactly("model");
        assertThat(folder.resolve("new/model").toFile().list()).containsExactly("fresh");
    }

    @Test
    void whatFailsLeavesNothing() {
        // When
        Throwable failure = catchThrowable(() -> AtomicWrite.create(folder.resolve("file"), unfinished -> {
            Files.writeString(unfinished, "half");
            throw new IOException("disk full");
        }));

        // Then
        assertThat(failure).hasMessage("disk full");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void whatFailsLeavesTheOlderFile() throws IOException {
        // Given
        Path file = Files.writeString(folder.resolve("file"), "precious");

        // When
        Throwable failure = catchThrowable(() -> AtomicWrite.replace(file, unfinished -> {
            Files.writeString(unfinished, "half");
            throw new IOException("disk full");
        }));

        // Then
        assertThat(failure).hasMessage("disk full");
        assertThat(file).hasContent("precious");
    }

    @Test
    void replacesAnOlderFileButCreatesOnlyANewOne() throws IOException {
        // Given
        Path file = Files.writeString(folder.resolve("file"), "old");
        AtomicWrite.replace(file, unfinished -> Files.writeString(unfinished, "new"));

        // When
        Throwable failure =
                catchThrowable(() -> AtomicWrite.create(file, unfinished -> Files.writeString(unfinished, "newer")));

        // Then
        assertThat(failure).isInstanceOf(FileAlreadyExistsException.class).hasMessageContaining("choose another name");
        assertThat(file).hasContent("new");
    }
}
