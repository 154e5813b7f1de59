package io.alignstream.languagemodel.testing;

import io.alignstream.languagemodel.checkpoint.S3Connection;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands before the {@link S3Server} of this JVM and takes so many more objects, then none: what is there can be read and
 * deleted, and what is deleted makes room for as many others.
 */
public final class FullS3Service implements AutoCloseable {

    private final String reliable;
    private final ServerSocket listener;
    private final AtomicInteger room;

    private FullS3Service(String reliable, ServerSocket listener, int room) {
        this.reliable = reliable;
        this.listener = listener;
        this.room = new AtomicInteger(room);
    }

    /** Points this JVM's clients to one that takes {@code room} objects more. */
    public static FullS3Service start(int room) throws IOException {
        FullS3Service service = new FullS3Service(
                System.getProperty(S3Connection.ENDPOINT),
                new ServerSocket(0, 50, InetAddress.getLoopbackAddress()),
                room);
        Thread.ofVirtual().start(service::accept);
        System.setProperty(S3Connection.ENDPOINT, "http://127.0.0.1:" + service.listener.getLocalPort());
        return service;
    }

    /** From now on it takes {@code objects} more. */
    public void makeRoom(int objects) {
        room.set(objects);
    }

    /** Points clients to the server again. */
    @Override
    public void close() throws IOException {
        listener.close();
        System.setProperty(S3Connection.ENDPOINT, reliable);
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
                if (begins && request.startsWith("DELETE ")) {
                    room.updateAndGet(objects -> objects == Integer.MAX_VALUE ? objects : objects + 1);
                } else if (begins
                        && request.startsWith("PUT ")
                        && room.getAndUpdate(objects -> Math.max(0, objects - 1)) == 0) {
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
