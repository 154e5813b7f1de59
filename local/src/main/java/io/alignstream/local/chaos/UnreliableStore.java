package io.alignstream.local.chaos;

import io.alignstream.languagemodel.checkpoint.S3Connection;
import io.alignstream.local.process.Ports;
import io.alignstream.local.process.ProcessSpec;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * An S3 server behind a network that fails: every tenth object that is written is not, in an outage nobody is answered, and at
 * times the server is full; thread-safe.
 *
 * <p>A failing write fails once, or several times, or until its client gives up: refused, cut off in the middle, or written
 * while the answer is lost.
 */
final class UnreliableStore implements AutoCloseable {

    private static final String NAME = "s3-server";
    private static final String ACCESS_KEY = "alignstream";
    /** Of a server that listens on this machine alone, as long as the trial. */
    private static final String SECRET_KEY = "chaos-trial";

    private static final String BUCKET = "chaos";

    /** Where the checkpoints lie. */
    static final URI ROOT = URI.create("s3://" + BUCKET + "/store");

    private static final int FAILS_EVERY = 10;
    /** The SDK tries ten times: some failures are over before it gives up, others are not. */
    private static final int MOST_TRIES = 12;

    private static final int BUFFER_BYTES = 64 * 1024;

    private enum Failure {
        REFUSED,
        CUT_OFF,
        ANSWER_LOST,
        NO_ROOM
    }

    /** What happens to single objects. */
    private static final List<Failure> FAILURES = List.of(Failure.REFUSED, Failure.CUT_OFF, Failure.ANSWER_LOST);

    private final Installation installation;
    private final Site site;
    private final int serverPort;
    private final ServerSocket listener;
    private final Map<String, Integer> failing = new HashMap<>();
    private long writes;
    private long failures;
    private volatile long outageEnd = System.nanoTime();
    private volatile long fullEnd = outageEnd;
    private volatile boolean reliable;

    /** A store of {@code site} whose server has still to be started. */
    UnreliableStore(Site site, Installation installation) {
        this.site = site;
        this.installation = installation;
        try (ServerSocket free = new ServerSocket(0)) {
            serverPort = free.getLocalPort();
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    /** Lets this process's own clients find it. */
    void useHere() {
        System.setProperty("aws.accessKeyId", ACCESS_KEY);
        System.setProperty("aws.secretAccessKey", SECRET_KEY);
        System.setProperty(S3Connection.ENDPOINT, endpoint());
    }

    /** Lets other processes find it. */
    Map<String, String> environment() {
        return Map.of(
                "AWS_ACCESS_KEY_ID",
                ACCESS_KEY,
                "AWS_SECRET_ACCESS_KEY",
                SECRET_KEY,
                S3Connection.ENDPOINT,
                endpoint());
    }

    private String endpoint() {
        return "http://127.0.0.1:" + listener.getLocalPort();
    }

    /** How to start the server. */
    ProcessSpec server() {
        Path program = installation.home().resolve("libs/language-model/target/s3-server/s3proxy.jar");
        if (!Files.isRegularFile(program)) {
            throw new LaunchException(program + " is missing; run ./mvnw -Dquick package.");
        }
        Path data = site.dataFolder().resolve("s3");
        Path settings = site.run().resolve("s3proxy.properties");
        try {
            Files.createDirectories(data.resolve(BUCKET)); // a folder of the file system is a bucket of the server
            Files.writeString(
                    settings,
                    String.join(
                            "\n",
                            "s3proxy.endpoint=http://127.0.0.1:" + serverPort,
                            "s3proxy.authorization=aws-v2-or-v4",
                            "s3proxy.identity=" + ACCESS_KEY,
                            "s3proxy.credential=" + SECRET_KEY,
                            "jclouds.provider=filesystem-nio2",
                            "jclouds.identity=unused",
                            "jclouds.credential=unused",
                            "jclouds.filesystem.basedir=" + data));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new ProcessSpec(
                NAME,
                List.of(
                        installation.java().toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-jar",
                        program.toString(),
                        "--properties",
                        settings.toString()),
                Map.of(),
                NAME,
                List.of(serverPort),
                () -> Ports.isOpen(serverPort),
                Duration.ofSeconds(90),
                Duration.ofSeconds(10));
    }

    /** From now on for {@code length} nobody is answered. */
    void outage(Duration length) {
        outageEnd = System.nanoTime() + length.toNanos();
    }

    /** From now on for {@code length} nothing is taken. */
    void full(Duration length) {
        fullEnd = System.nanoTime() + length.toNanos();
    }

    /** Where the server keeps what lies below {@link #ROOT}: a file for each object, at the path that is its key. */
    Path objects() {
        return site.dataFolder()
                .resolve("s3")
                .resolve(BUCKET)
                .resolve(ROOT.getPath().substring(1));
    }

    /** From now on nothing fails any more. */
    void mend() {
        reliable = true;
    }

    /** Objects whose writing has failed, for a time or for good. */
    synchronized long failures() {
        return failures;
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void serve(Socket client) {
        try (client;
                Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort)) {
            new Connection(client, server).relay();
        } catch (IOException e) {
            return; // one of them has left
        }
    }

    /** How the request fails, null if it does not. */
    private synchronized @Nullable Failure failureOf(String request) {
        if (reliable) {
            return null;
        }
        if (System.nanoTime() < outageEnd) {
            return Failure.REFUSED;
        }
        if (!request.startsWith("PUT ") && !request.startsWith("POST ")) {
            return null;
        }
        if (System.nanoTime() < fullEnd) {
            return Failure.NO_ROOM;
        }
        int left = failing.getOrDefault(request, 0);
        if (left == 0 && ++writes % FAILS_EVERY == 0) {
            failures++;
            left = 1 + (int) (failures * 5 % MOST_TRIES);
        }
        if (left == 0) {
            return null;
        }
        failing.put(request, left - 1);
        return FAILURES.get((int) ((failures + left) % FAILURES.size()));
    }

    /** One connection: requests one after the other, each answered before the next. */
    private final class Connection {

        private final Socket client;
        private final Socket server;
        private final AtomicBoolean answered = new AtomicBoolean(true);
        private volatile boolean answerLost;

        Connection(Socket client, Socket server) {
            this.client = client;
            this.server = server;
        }

        void relay() throws IOException {
            Thread answers = Thread.ofVirtual().start(this::answers);
            try {
                requests();
            } finally {
                client.close();
                server.close();
                join(answers);
            }
        }

        private void requests() throws IOException {
            InputStream in = client.getInputStream();
            OutputStream out = server.getOutputStream();
            byte[] buffer = new byte[BUFFER_BYTES];
            for (int read = in.read(buffer); read > 0; read = in.read(buffer)) {
                Failure failure = null;
                if (answered.getAndSet(false)) {
                    failure = failureOf(firstLine(buffer, read));
                    answerLost = failure == Failure.ANSWER_LOST;
                }
                if (failure == Failure.REFUSED) {
                    refuse("503 Slow Down");
                    return;
                }
                if (failure == Failure.NO_ROOM) {
                    refuse("507 Insufficient Storage");
                    client.shutdownOutput();
                    in.transferTo(OutputStream.nullOutputStream()); // whoever has not sent it all may miss the answer
                    return;
                }
                if (failure == Failure.CUT_OFF) {
                    out.write(buffer, 0, read / 2);
                    return;
                }
                out.write(buffer, 0, read);
            }
        }

        private void refuse(String status) throws IOException {
            client.getOutputStream()
                    .write(("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
        }

        private static String firstLine(byte[] buffer, int length) {
            return new String(buffer, 0, length, StandardCharsets.ISO_8859_1)
                    .lines()
                    .findFirst()
                    .orElse("");
        }

        private void answers() {
            try (client) {
                InputStream in = server.getInputStream();
                byte[] buffer = new byte[BUFFER_BYTES];
                for (int read = in.read(buffer); read > 0; read = in.read(buffer)) {
                    if (answerLost) {
                        return;
                    }
                    answered.set(true);
                    client.getOutputStream().write(buffer, 0, read);
                }
            } catch (IOException e) {
                return; // one of them has left
            }
        }

        private static void join(Thread thread) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
