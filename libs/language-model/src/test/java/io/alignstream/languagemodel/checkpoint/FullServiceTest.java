package io.alignstream.languagemodel.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.capacity.Capacity;
import io.alignstream.languagemodel.capacity.FolderCache;
import io.alignstream.languagemodel.capacity.StoreFullException;
import io.alignstream.languagemodel.testing.FullS3Service;
import io.alignstream.languagemodel.testing.S3Server;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A service that takes no more: what is there is read and deleted, what comes is refused. */
class FullServiceTest {

    private static final CheckpointStore.Content CONTENT = folder -> {
        Files.writeString(folder.resolve("config.json"), "{\"depth\": 4}");
        Files.write(folder.resolve("model.safetensors"), new byte[10_000]);
    };

    @TempDir
    static Path serverFolder;

    private static S3Server server;

    @TempDir
    Path temporary;

    private final Capacity capacity = new Capacity(Capacity.UNBOUNDED);
    private final URI root = URI.create("s3://" + S3Server.BUCKET + "/" + UUID.randomUUID() + "/");
    private FullS3Service service;
    private CheckpointStore store;

    @BeforeAll
    static void startServer() throws IOException {
        server = S3Server.start(serverFolder);
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void open() throws IOException {
        service = FullS3Service.start(Integer.MAX_VALUE);
        store = CheckpointStore.open(root, temporary, capacity, FolderCache.UNBOUNDED);
    }

    @AfterEach
    void close() throws IOException {
        store.close();
        service.close();
    }

    @Test
    void whatDoesNotFitIsWithdrawnAndSaysWhy() throws IOException {
        // Given: room for one of a checkpoint's two files
        Lease lease = store.claim(Stage.SFT, "run-1");
        Reference before = store.save(lease, Manifest.draft(Stage.SFT, "run-1", 1), CONTENT);
        service.makeRoom(1);

        // When
        Throwable thrown = catchThrowable(() -> store.save(lease, Manifest.draft(Stage.SFT, "run-1", 2), CONTENT));

        // Then
        assertThat(thrown).isInstanceOf(StoreFullException.class).hasMessageContaining("takes no more");
        assertThat(server.client()
                        .listObjectsV2(list -> list.bucket(S3Server.BUCKET)
                                .prefix(root.getPath().substring(1) + "sft/run-1/0000000002"))
                        .contents())
                .isEmpty();
        assertThat(store.newest(Stage.SFT, "run-1"))
                .map(StoredCheckpoint::reference)
                .contains(before);
    }

    @Test
    void whereRoomCanBeMadeItIsSaved() throws IOException {
        // Given
        service.makeRoom(1);
        capacity.relieveBy(() -> {
            service.makeRoom(Integer.MAX_VALUE);
            return 10_000;
        });

        // When
        Reference saved = store.save(Manifest.draft(Stage.SFT, "run-1", 1), CONTENT);

        // Then
        assertThat(store.open(saved).reference()).isEqualTo(saved);
    }

    @Test
    void whatWasPutAsideIsRoomForANote() throws IOException {
        // Given
        store.save(Manifest.draft(Stage.SFT, "run-1", 1), CONTENT);
        long used = store.used();
        store.reserve();
        store.reserve();
        long usedThen = store.used();
        service.makeRoom(0);
        Throwable before = catchThrowable(() -> store.claimIdle(Stage.SFT, "run-1", Instant.MAX));

        // When
        boolean there = store.below("lower").giveUpReserve();

        // Then
        assertThat(before).isInstanceOf(StoreFullException.class);
        assertThat(there).isTrue();
        assertThat(store.giveUpReserve()).isFalse();
        assertThat(store.claimIdle(Stage.SFT, "run-1", Instant.MAX)).isPresent();
        assertThat(usedThen).isEqualTo(used);
    }
}
