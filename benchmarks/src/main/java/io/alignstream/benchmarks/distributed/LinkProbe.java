package io.alignstream.benchmarks.distributed;

import io.alignstream.benchmarks.harness.Figures;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * What a plain TCP connection between two workers does, both ways at once: the bandwidth and latency that the simulation counts
 * with. It knows nothing of collectives, so it tells nothing of how well they use it.
 */
final class LinkProbe {

    private static final long BYTES = 64 << 20;
    private static final int CHUNK = 1 << 20;
    private static final int MESSAGES = 200;

    private final ServerSocketChannel server;

    private LinkProbe(ServerSocketChannel server) {
        this.server = server;
    }

    /** Waits at a free port of this address. */
    static LinkProbe listen(InetAddress address) throws IOException {
        return new LinkProbe(ServerSocketChannel.open().bind(new InetSocketAddress(address, 0)));
    }

    int port() throws IOException {
        return ((InetSocketAddress) server.getLocalAddress()).getPort();
    }

    /** Measures with the one that connects. */
    Map<String, Object> accept() throws IOException {
        try (server;
                SocketChannel channel = server.accept()) {
            return measure(channel, true);
        }
    }

    /** Measures with the one that listens there. */
    static Map<String, Object> connect(String host, int port) throws IOException {
        try (SocketChannel channel = SocketChannel.open(new InetSocketAddress(host, port))) {
            return measure(channel, false);
        }
    }

    private static Map<String, Object> measure(SocketChannel channel, boolean first) throws IOException {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        List<Double> trips = new ArrayList<>();
        for (int i = 0; i < MESSAGES; i++) {
            long began = System.nanoTime();
            if (first) {
                send(channel, 1);
                receive(channel, 1);
            } else {
                receive(channel, 1);
                send(channel, 1);
            }
            trips.add((System.nanoTime() - began) / 1e9);
        }
        long began = System.nanoTime();
        CompletableFuture<Void> sent = new CompletableFuture<>();
        Thread.ofPlatform().start(() -> {
            try {
                send(channel, BYTES);
                sent.complete(null);
            } catch (IOException e) {
                sent.completeExceptionally(e);
            }
        });
        receive(channel, BYTES);
        sent.join();
        double seconds = (System.nanoTime() - began) / 1e9;
        return Map.of("latencySeconds", Figures.median(trips) / 2, "bytesPerSecond", BYTES / seconds);
    }

    private static void send(SocketChannel channel, long bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect((int) Math.min(CHUNK, bytes));
        for (long left = bytes; left > 0; ) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), left));
            left -= channel.write(buffer);
        }
    }

    private static void receive(SocketChannel channel, long bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect((int) Math.min(CHUNK, bytes));
        for (long left = bytes; left > 0; ) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), left));
            int read = channel.read(buffer);
            if (read < 0) {
                throw new EOFException("the other worker is gone");
            }
            left -= read;
        }
    }
}
