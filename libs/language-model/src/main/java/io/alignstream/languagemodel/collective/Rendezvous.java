package io.alignstream.languagemodel.collective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * A meeting of processes by a name that only they know: keys and values, and one {@link ProcessGroup}.
 *
 * <p>Each call ends within the time-out and a second, even if the server stands still, and at once when this is closed.
 * Thread-safe; calls wait for each other.
 */
public final class Rendezvous implements AutoCloseable {

    private static final Duration GRACE = Duration.ofSeconds(1);

    private final InetSocketAddress server;
    private final Duration timeout;
    private final Set<CompletableFuture<?>> waiting = ConcurrentHashMap.newKeySet();
    private long client;
    private final AtomicBoolean joined = new AtomicBoolean();
    private volatile boolean closed;

    private Rendezvous(InetSocketAddress server, Duration timeout) {
        this.server = server;
        this.timeout = timeout;
    }

    /**
     * A meeting at this server.
     *
     * @param name the secret of those who meet; a new one for each group
     * @param timeout for connecting and for each {@link #get}, at least 1 ms
     * @throws IllegalStateException if there is no {@link CollectiveLibrary}
     * @throws CollectiveException if the server does not answer in time
     */
    public static Rendezvous connect(InetSocketAddress server, String name, Duration timeout) {
        if (name.isBlank()) {
            throw new IllegalArgumentException("a rendezvous needs a name that others do not know");
        }
        Rendezvous rendezvous = new Rendezvous(server, timeout);
        rendezvous.client = rendezvous.ask(
                timeout,
                "cannot reach the rendezvous at " + text(server),
                "connect",
                scope -> new NDArray[] {
                    CollectiveLibrary.text(scope, server.getAddress().getHostAddress()),
                    scope.create((long) server.getPort()),
                    CollectiveLibrary.text(scope, name + "/"),
                    scope.create(timeout.toMillis())
                },
                NDArray::getLong,
                "disconnect");
        return rendezvous;
    }

    /**
     * Tells the others a value, which must not be empty.
     *
     * @throws CollectiveException if the server is gone
     */
    public void set(String key, String value) {
        ask(
                timeout,
                "cannot tell " + key + " to the rendezvous at " + text(server),
                "set",
                scope -> new NDArray[] {
                    scope.create(client),
                    CollectiveLibrary.text(scope, "key/" + key),
                    CollectiveLibrary.text(scope, value)
                },
                NDArray::getLong,
                "");
    }

    /**
     * The value of a key, for which it waits.
     *
     * @throws CollectiveException if nobody sets it until the time-out, or the server is gone
     */
    public String get(String key) {
        return ask(
                timeout,
                "no " + key + " at the rendezvous at " + text(server) + " within " + text(timeout),
                "get",
                scope -> new NDArray[] {scope.create(client), CollectiveLibrary.text(scope, "key/" + key)},
                value -> new String(value.toByteArray(), StandardCharsets.UTF_8),
                "");
    }

    /**
     * The value of a key, if there is one by now.
     *
     * @throws CollectiveException if the server is gone
     */
    public Optional<String> find(String key) {
        return Optional.of(ask(
                        timeout,
                        "cannot look for " + key + " at the rendezvous at " + text(server),
                        "find",
                        scope -> new NDArray[] {scope.create(client), CollectiveLibrary.text(scope, "key/" + key)},
                        value -> new String(value.toByteArray(), StandardCharsets.UTF_8),
                        ""))
                .filter(value -> !value.isEmpty());
    }

    /** Joins the group that meets here; returns its number. */
    long join(String address, int rank, int size, Duration limit, Duration waits) {
        if (joined.getAndSet(true)) {
            throw new IllegalStateException("a rendezvous is for one group; the next one takes a new name");
        }
        return ask(
                limit,
                "rank " + rank + " of " + size + " could not join its group by the rendezvous at " + text(server)
                        + " within " + text(limit),
                "join",
                scope -> new NDArray[] {
                    scope.create(client),
                    CollectiveLibrary.text(scope, address),
                    scope.create((long) rank),
                    scope.create((long) size),
                    scope.create(limit.toMillis()),
                    scope.create(waits.toMillis())
                },
                NDArray::getLong,
                "leave");
    }

    /** Ends it, and every call that waits; a group that was joined goes on. Closed again it does nothing. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            waiting.forEach(call -> call.completeExceptionally(
                    new CollectiveException("the rendezvous at " + text(server) + " was closed meanwhile", null)));
            CollectiveLibrary.call("cannot leave the rendezvous at " + text(server), "disconnect", client);
        }
    }

    /**
     * Runs a method of the library on a thread of its own, which is left to itself where it takes too long: libtorch waits
     * without a limit for a server that stands still.
     *
     * @param undo what to do with a number that nobody waits for any more, or nothing
     */
    private <T> T ask(
            Duration limit,
            String what,
            String method,
            Function<NDManager, NDArray[]> arguments,
            Function<NDArray, T> read,
            String undo) {
        CollectiveLibrary.load(); // whose time is not the server's
        CompletableFuture<T> result = new CompletableFuture<>();
        waiting.add(result);
        try {
            if (closed) {
                throw new CollectiveException(what + ": it is closed", null);
            }
            Thread.ofPlatform().daemon().name("rendezvous").start(() -> {
                try (NDManager scope = TorchRuntime.get().newScope()) {
                    T value = read.apply(
                            CollectiveLibrary.call(scope, what, method, arguments.apply(TorchRuntime.settings(scope))));
                    if (!result.complete(value) && value instanceof Long number && !undo.isEmpty()) {
                        CollectiveLibrary.call(what, undo, number);
                    }
                } catch (RuntimeException | LinkageError e) {
                    result.completeExceptionally(e);
                }
            });
            return result.get(limit.plus(GRACE).toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
            throw new CollectiveException(String.valueOf(cause.getMessage()), cause);
        } catch (TimeoutException e) {
            if (result.completeExceptionally(e)) {
                throw new CollectiveException(what + ": no answer", e);
            }
            return result.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            if (result.completeExceptionally(e)) {
                throw new CollectiveException(what + ": interrupted", e);
            }
            return result.join();
        } finally {
            waiting.remove(result);
        }
    }

    private static String text(InetSocketAddress server) {
        return server.getHostString() + ":" + server.getPort();
    }

    private static String text(Duration time) {
        return time.toMillis() + " ms";
    }
}
