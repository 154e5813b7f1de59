package io.alignstream.languagemodel.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
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
    void whileOneWritesAnotherOneFailsAndSpoilsNothing() throws IOException {
        // Given
        Path target = folder.resolve("model");
        List<Throwable> failures = new ArrayList<>();

        // When
        AtomicWrite.create(target, unfinished -> {
            Files.writeString(unfinished, "the first");
            failures.add(
                    catchThrowable(() -> AtomicWrite.create(target, other -> Files.writeString(other, "the second"))));
        });

        // Then
        assertThat(failures).singleElement().satisfies(failure -> assertThat(failure)
                .hasMessageContaining("somebody else is just writing it"));
        assertThat(target).hasContent("the first");
        assertThat(folder.toFile().list()).containsExactly("model");
    }

    @Test
    void theLockOfAKilledProcessHoldsNobodyBack() throws IOException {
        // Given
        Files.writeString(folder.resolve(".model.lock"), "of a process that is no more");

        // When
        AtomicWrite.create(folder.resolve("model"), unfinished -> Files.writeString(unfinished, "weights"));

        // Then
        assertThat(folder.toFile().list()).containsExactly("model");
    }

    @Test
    void whereFilesCannotBeLockedNobodyIsHeldBack() throws IOException {
        // Given: the lock of another process, of this one under another name, and none at all
        Path file = Files.writeString(folder.resolve("file"), "");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
                FileChannel other = FileChannel.open(file, StandardOpenOption.WRITE)) {
            boolean first = AtomicWrite.isLocked(channel::tryLock);
            boolean ofThisProcess = AtomicWrite.isLocked(other::tryLock);
            boolean ofAnother = AtomicWrite.isLocked(() -> null);

            // When
            boolean withoutLocks = AtomicWrite.isLocked(() -> {
                throw new IOException("No locks available");
            });

            // Then
            assertThat(first).isTrue();
            assertThat(ofThisProcess).isFalse();
            assertThat(ofAnother).isFalse();
            assertThat(withoutLocks).isTrue();
        }
    }

    @Test
    void ofManyAtOnceOneMakesAFileAndTheOthersSaySo() throws Exception {
        // Given
        Path target = folder.resolve("model");
        AtomicInteger written = new AtomicInteger();
        AtomicInteger refused = new AtomicInteger();

        // When
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (int writer = 0; writer < 200; writer++) {
                threads.execute(() -> {
                    try {
                        AtomicWrite.create(target, unfinished -> Files.writeString(unfinished, "whole"));
                        written.incrementAndGet();
                    } catch (IOException e) {
                        refused.incrementAndGet();
                    }
                });
            }
        }

        // Then
        assertThat(written).hasValue(1);
        assertThat(refused).hasValue(199);
        assertThat(target).hasContent("whole");
        assertThat(folder.toFile().list()).containsExactly("model");
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
