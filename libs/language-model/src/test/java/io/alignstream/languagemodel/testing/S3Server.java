package io.alignstream.languagemodel.testing;

import static org.awaitility.Awaitility.await;

import io.alignstream.languagemodel.checkpoint.S3Connection;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * A real S3 server as a process of its own, which checks signatures; points this JVM's clients to it, so a JVM has one at a
 * time.
 */
public final class S3Server implements AutoCloseable {

    /** The one bucket that there is. */
    public static final String BUCKET = "tests";

    private static final String[] PROPERTIES = {
        "aws.accessKeyId", "aws.secretAccessKey", S3Connection.ENDPOINT,
    };

    private final Process process;
    private final Path data;
    private final S3Client client;

    private S3Server(Process process, Path data, S3Client client) {
        this.process = process;
        this.data = data;
        this.client = client;
    }

    /** Starts one that keeps its objects in {@code folder}. */
    public static S3Server start(Path folder) throws IOException {
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
                        "-XX:TieredStopAtLevel=1",
                        "-jar",
                        program().toString(),
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
        S3Server server = new S3Server(process, data, client);
        try {
            await().atMost(Duration.ofSeconds(60)).until(() -> !process.isAlive() || accepts(port));
            client.createBucket(create -> create.bucket(BUCKET));
        } catch (RuntimeException e) {
            server.close();
            throw new IllegalStateException(Files.readString(folder.resolve("s3proxy.log")), e);
        }
        return server;
    }

    /** The build puts it beside these classes, packed or not. */
    private static Path program() {
        URI classes = URI.create(S3Server.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toString());
        return Path.of(classes).resolveSibling("s3-server").resolve("s3proxy.jar");
    }

    /** A store in the bucket. */
    public URI root() {
        return URI.create("s3://" + BUCKET + "/some/prefix");
    }

    /** Puts an object into the bucket. */
    public void put(String key, byte[] bytes) {
        client.putObject(put -> put.bucket(BUCKET).key(key), RequestBody.fromBytes(bytes));
    }

    /** Keys of all objects below {@code prefix}. */
    public List<String> keys(String prefix) {
        return client.listObjectsV2Paginator(list -> list.bucket(BUCKET).prefix(prefix)).contents().stream()
                .map(S3Object::key)
                .toList();
    }

    /** From now on the object is so much older. */
    public void makeOlder(String key, Duration age) throws IOException {
        Path object = data.resolve(BUCKET).resolve(key);
        Files.setLastModifiedTime(
                object,
                FileTime.from(Files.getLastModifiedTime(object).toInstant().minus(age)));
    }

    /** For damaging objects. */
    public S3Client client() {
        return client;
    }

    /** System properties that point another JVM to this server; empty if there is none. */
    public static Map<String, String> clientProperties() {
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
