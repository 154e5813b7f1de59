package io.alignstream.languagemodel.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.testing.S3Server;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/** Whose connection ends while an object travels leaves nothing, as S3 has it; the server that tests and trials use, too. */
class CutOffUploadTest {

    @TempDir
    static Path folder;

    private static S3Server server;

    @BeforeAll
    static void startServer() throws IOException {
        server = S3Server.start(folder);
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @Test
    void whatWasCutOffWhileItWasPutKeepsNobodyFromLooking() throws IOException {
        // Given
        CheckpointStore store = CheckpointStore.open(server.root(), folder.resolve("cache"));
        Reference whole = store.save(
                Manifest.draft(Stage.REWARD, "run-1", 5).withComplete(true),
                content -> Files.writeString(content.resolve("config.json"), "{}"));

        // When: the connection ends in the middle
        cutOff(whole.uri().getPath().substring(1) + "/cut-off");

        // Then
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(server.keys(""))
                .hasSize(2)
                .allMatch(there -> there.endsWith("/manifest.json") || there.endsWith("/config.json")));
        assertThat(store.holdings(Stage.REWARD, "run-1").checkpoints())
                .extracting(CheckpointStore.Holding::reference)
                .containsExactly(whole);
    }

    /** Sends half of an object, and is no more. */
    private static void cutOff(String key) throws IOException {
        URI endpoint = URI.create(System.getProperty(S3Connection.ENDPOINT));
        try (S3Presigner presigner = S3Presigner.builder()
                        .endpointOverride(endpoint)
                        .region(Region.US_EAST_1)
                        .serviceConfiguration(S3Configuration.builder()
                                .pathStyleAccessEnabled(true)
                                .build())
                        .build();
                Socket socket = new Socket(endpoint.getHost(), endpoint.getPort())) {
            URL signed = presigner
                    .presignPutObject(put -> put.signatureDuration(Duration.ofMinutes(5))
                            .putObjectRequest(
                                    object -> object.bucket(S3Server.BUCKET).key(key)))
                    .url();
            String head = "PUT %s HTTP/1.1\r\nHost: %s:%d\r\nContent-Length: 1000000\r\n\r\n"
                    .formatted(signed.getFile(), endpoint.getHost(), endpoint.getPort());
            OutputStream out = socket.getOutputStream();
            out.write(head.getBytes(StandardCharsets.US_ASCII));
            out.write(new byte[500_000]);
            out.flush();
            await().atMost(Duration.ofSeconds(30)).until(() -> isBeingWritten(key));
        }
    }

    /** Whether the server has begun to keep it. */
    private static boolean isBeingWritten(String key) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.anyMatch(file -> file.toString().contains(key));
        }
    }
}
