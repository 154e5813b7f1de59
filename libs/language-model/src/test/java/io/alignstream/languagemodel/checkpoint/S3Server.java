package io.alignstream.languagemodel.checkpoint;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** A real S3 server as a process of its own, which checks signatures; points this JVM's clients to it. */
final class S3Server implements AutoCloseable {

    static final String BUCKET = "checkpoints";

    private static final String[] PROPERTIES = {
        "aws.accessKeyId", "aws.secretAccessKey", S3Connection.ENDPOINT,
    };

    private final Process process;
    private final S3Client client;

    private S3Server(Process process, S3Client client) {
        this.process = process;
        this.client = client;
    }

    static S3Server start(Path folder) throws IOException {
        int port = freePort();
        String endpoint = "http://127.0.0.1:" + port;
        Path data = Files.createDirectories(folder.resolve("data"));
        Path configuration = folder.resolve("s3proxy.properties");
        Files.writeString(
                configuration,
                String.join(
                        "\n",
                        "s3proxy.endpoint=" + endpoint,
                        "s3proxy.authorization=aws-v2-or-v4",
                        "s3proxy.identity=alignstream",
                        "s3proxy.credential=a-test-secret",
                        "jclouds.provider=filesystem-nio2",
                        "jclouds.identity=unused",
                        "jclouds.credential=unused",
                        "jclouds.filesystem.basedir=" + data));
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-jar",
                        Path.of("target", "s3-server", "s3proxy.jar")
                                .toAbsolutePath()
                                .toString(),
                        "--properties",
                        configuration.toString())
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
        S3Server server = new S3Server(process, client);
        try {
            await().atMost(Duration.ofSeconds(60)).until(() -> !process.isAlive() || accepts(port));
            client.createBucket(create -> create.bucket(BUCKET));
        } catch (RuntimeException e) {
            server.close();
            throw new IllegalStateException(Files.readString(folder.resolve("s3proxy.log")), e);
        }
        return server;
    }

    URI root() {
        return URI.create("s3://" + BUCKET + "/some/prefix");
    }

    /** For damaging objects. */
    S3Client client() {
        return client;
    }

    /** System properties that point another JVM to this server; empty if there is none. */
    static Map<String, String> clientProperties() {
        Map<String, String> properties = new TreeMap<>();
        for (String name : PROPERTIES) {
            String value = System.getProperty(name);
            if (value != null) {
                properties.put(name, value);
            }
        }
        return properties;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static boolean accepts(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress("127.0.0.1", port), 1_000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Kills the server; the process is gone when this returns. */
    @Override
    public void close() {
        for (String name : PROPERTIES) {
            System.clearProperty(name);
        }
        client.close();
        process.destroyForcibly().onExit().join();
    }
}
