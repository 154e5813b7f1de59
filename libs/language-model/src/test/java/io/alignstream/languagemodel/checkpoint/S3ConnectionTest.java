package io.alignstream.languagemodel.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

/** What a connection to S3 bears. */
class S3ConnectionTest {

    private final Map<String, String> before = new TreeMap<>();
    private final AtomicInteger connections = new AtomicInteger();
    private ServerSocket service;

    /** The first connections end when the request has come, before its answer; the next ones are answered. */
    private void serve(int broken) throws IOException {
        service = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(() -> {
            while (true) {
                try (Socket connection = service.accept()) {
                    BufferedReader request = new BufferedReader(
                            new InputStreamReader(connection.getInputStream(), StandardCharsets.ISO_8859_1));
                    String line = request.readLine();
                    while (line != null && !line.isEmpty()) {
                        line = request.readLine();
                    }
                    if (connections.incrementAndGet() > broken) {
                        OutputStream answer = connection.getOutputStream();
                        answer.write("HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                                .getBytes(StandardCharsets.ISO_8859_1));
                        answer.flush();
                    }
                } catch (SocketException e) {
                    return; // closed
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            }
        });
        set(S3Connection.ENDPOINT, "http://127.0.0.1:" + service.getLocalPort());
    }

    @BeforeEach
    void haveCredentials() {
        set("aws.accessKeyId", "somebody");
        set("aws.secretAccessKey", "a-secret");
    }

    private void set(String property, String value) {
        before.put(property, System.getProperty(property, ""));
        System.setProperty(property, value);
    }

    @AfterEach
    void close() throws IOException {
        service.close();
        before.forEach((property, value) -> {
            if (value.isEmpty()) {
                System.clearProperty(property);
            } else {
                System.setProperty(property, value);
            }
        });
    }

    @Test
    void anUploadWhoseConnectionEndsBeforeItBeginsIsTriedAgain() throws IOException {
        // Given
        serve(2);

        // When
        try (S3Client client = S3Connection.open()) {
            client.putObject(put -> put.bucket("b").key("k"), RequestBody.fromString("x".repeat(100)));
        }

        // Then
        assertThat(connections).hasValue(3);
    }
}
