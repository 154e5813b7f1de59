package io.alignstream.languagemodel.collective;

import ai.djl.ndarray.NDManager;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * Where processes meet before they are a group: a table of keys and values at a free port of one address.
 *
 * <p>It may serve many groups, also after each other; groups that were formed by it go on without it. It takes any
 * connection: only a secret {@link Rendezvous} name keeps others' keys apart. Thread-safe.
 */
public final class RendezvousServer implements AutoCloseable {

    private final long handle;
    private final InetSocketAddress address;
    private boolean closed;

    private RendezvousServer(long handle, InetSocketAddress address) {
        this.handle = handle;
        this.address = address;
    }

    /**
     * Serves at a free port of this address, and at no other address of the machine.
     *
     * @throws IllegalStateException if there is no {@link CollectiveLibrary}
     * @throws CollectiveException if the address is not this machine's
     */
    public static RendezvousServer open(InetAddress address) {
        String host = address.getHostAddress();
        try (NDManager scope = TorchRuntime.get().newScope()) {
            long[] served = CollectiveLibrary.call(
                            scope,
                            "cannot serve a rendezvous at " + host,
                            "serve",
                            CollectiveLibrary.text(TorchRuntime.settings(scope), host))
                    .toLongArray();
            return new RendezvousServer(served[0], new InetSocketAddress(address, (int) served[1]));
        }
    }

    /** Where it serves. */
    public InetSocketAddress address() {
        return address;
    }

    /** Ends it: who waits for a key fails. Closed again it does nothing. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            CollectiveLibrary.call("cannot end the rendezvous at " + address, "stop_serving", handle);
        }
    }
}
