package io.alignstream.languagemodel.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.capacity.Capacity;
import io.alignstream.languagemodel.capacity.FolderCache;
import io.alignstream.languagemodel.capacity.StoreFullException;
import io.alignstream.languagemodel.testing.S3Server;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
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
    private static String reliable;

    @TempDir
    Path temporary;

    private final Capacity capacity = new Capacity(Capacity.UNBOUNDED);
    private final URI root = URI.create("s3://" + S3Server.BUCKET + "/" + UUID.randomUUID() + "/");
    private ServerSocket listener;
    private CheckpointStore store;
    /** So many objects are taken. */
    private final AtomicInteger room = new AtomicInteger(Integer.MAX_VALUE);

    @BeforeAll
    static void startServer() throws IOException {
        server = S3Server.start(serverFolder);
        reliable = System.getProperty(S3Connection.ENDPOINT);
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void open() throws IOException {
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
        System.setProperty(S3Connection.ENDPOINT, "http://127.0.0.1:" + listener.getLocalPort());
        store = CheckpointStore.open(root, temporary, capacity, FolderCache.UNBOUNDED);
    }

    @AfterEach
    void close() throws IOException {
        store.close();
        listener.close();
        System.setProperty(S3Connection.ENDPOINT, reliable);
    }

    @Test
    void whatDoesNotFitIsWithdrawnAndSaysWhy() throws IOException {
        // Given: room for one of a checkpoint's two files
        Lease lease = store.claim(Stage.SFT, "run-1");
        Reference before = store.save(lease, Manifest.draft(Stage.SFT, "run-1", 1), CONTENT);
        room.set(1);

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
        room.set(1);
        capacity.relieveBy(() -> {
            room.set(Integer.MAX_VALUE);
            return 10_000;
        });

        // When
        Reference saved = store.save(Manifest.draft(Stage.SFT, "run-1", 1), CONTENT);

        // Then
        assertThat(store.open(saved).reference()).isEqualTo(saved);
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                Thread.ofVirtual().start(() -> relay(client));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    /** Requests one after the other, each answered before the next begins. */
    private void relay(Socket client) {
        AtomicBoolean answered = new AtomicBoolean(true);
        try (client;
                Socket behind = new Socket(
                        InetAddress.getLoopbackAddress(), URI.create(reliable).getPort())) {
            Thread.ofVirtual().start(() -> pass(behind, client, answered));
            InputStream in = client.getInputStream();
            byte[] buffer = new byte[64 * 1024];
            for (int read = in.read(buffer); read > 0; read = in.read(buffer)) {
                boolean begins = answered.getAndSet(false);
                String request = new String(buffer, 0, read, StandardCharsets.ISO_8859_1);
                if (begins && request.startsWith("PUT ") && room.getAndDecrement() <= 0) {
                    client.getOutputStream()
                            .write("HTTP/1.1 507 Insufficient Storage\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                                    .getBytes(StandardCharsets.US_ASCII));
                    client.shutdownOutput();
                    in.transferTo(OutputStream.nullOutputStream()); // whoever has not sent it all may miss the answer
                    return;
                }
                behind.getOutputStream().write(buffer, 0, read);
            }
        } catch (IOException e) {
            return; // one of them has left
        }
    }

    private static void pass(Socket from, Socket to, AtomicBoolean answered) {
        byte[] buffer = new byte[64 * 1024];
        try (to) {
            for (int read = from.getInputStream().read(buffer);
                    read > 0;
                    read = from.getInputStream().read(buffer)) {
                answered.set(true);
                to.getOutputStream().write(buffer, 0, read);
            }
        } catch (IOException e) {
            return; // one of them has left
        }
    }
}
