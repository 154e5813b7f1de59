package io.alignstream.local.input;

import static org.awaitility.Awaitility.await;

import io.alignstream.languagemodel.checkpoint.S3Connection;
import io.alignstream.local.TestSites;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** The S3 server of language-model's tests as a process of its own; points this JVM's clients to it. */
final class S3Process implements AutoCloseable {

    static final String BUCKET = "documents";

    private final Process process;
    private final S3Client client;

    private S3Process(Process process, S3Client client) {
        this.process = process;
        this.client = client;
    }

    static S3Process start(Path folder) throws IOException {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        String endpoint = "http://127.0.0.1:" + port;
        Path settings = folder.resolve("s3proxy.properties");
        Files.write(
                settings,
                List.of(
                        "s3proxy.endpoint=" + endpoint,
                        "s3proxy.authorization=aws-v2-or-v4",
                        "s3proxy.identity=alignstream",
                        "s3proxy.credential=a-test-secret",
                        "jclouds.provider=filesystem-nio2",
                        "jclouds.identity=unused",
                        "jclouds.credential=unused",
                        "jclouds.filesystem.basedir=" + Files.createDirectories(folder.resolve("data"))));
        Process process = new ProcessBuilder(
                        TestSites.installation().java().toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-jar",
                        Path.of("../libs/language-model/target/s3-server/s3proxy.jar")
                                .toAbsolutePath()
                                .toString(),
                        "--properties",
                        settings.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("s3proxy.log").toFile())
                .start();
        System.setProperty("aws.accessKeyId", "alignstream");
        System.setProperty("aws.secretAccessKey", "a-test-secret");
        System.setProperty(S3Connection.ENDPOINT, endpoint);
        S3Client client = S3Client.builder()
                .httpClientBuilder(UrlConnectionHttpClient.builder())
                .endpointOverride(URI.create(endpoint))
                .forcePathStyle(true)
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .region(Region.US_EAST_1)
                .build();
        S3Process server = new S3Process(process, client);
        try {
            await().atMost(Duration.ofSeconds(60)).until(() -> !process.isAlive() || accepts(port));
            client.createBucket(create -> create.bucket(BUCKET));
        } catch (RuntimeException e) {
            server.close();
            throw new IllegalStateException(Files.readString(folder.resolve("s3proxy.log")), e);
        }
        return server;
    }

    void put(String key, byte[] bytes) {
        client.putObject(put -> put.bucket(BUCKET).key(key), RequestBody.fromBytes(bytes));
    }

    private static boolean accepts(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port), 1_000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() {
        Stream.of("aws.accessKeyId", "aws.secretAccessKey", S3Connection.ENDPOINT)
                .forEach(System::clearProperty);
        client.close();
        process.destroyForcibly().onExit().join();
    }
}
