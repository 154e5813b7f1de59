package io.alignstream.stageruntime.access;

import io.alignstream.contracts.access.ApiKey;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Knows API keys again for whoever presents them, and for a while not the one of which an address has presented too many wrong
 * ones; thread-safe.
 *
 * <p>Keys are too long to be guessed; the limit is for those that leak in part, so each key has its own, and what belongs to no
 * key counts nowhere: who makes keys up keeps nobody out who calls through the same proxy. A key that has worked from an address
 * works on from there. An address of IPv6 counts as its network, whose other addresses cost nothing.
 */
@ApplicationScoped
public class KeyTries {

    /** Wrong tries of one key from an address within {@link #PERIOD}. */
    static final int WRONG = 20;

    static final Duration PERIOD = Duration.ofMinutes(1);

    /** So many are remembered, those heard of last. */
    private static final int CALLERS = 10_000;

    /** Of an IPv6 address, in bytes. */
    private static final int NETWORK = 8;

    private final Function<String, Optional<ApiKey>> keys;
    private final LongSupplier nanoseconds;
    private final Map<String, Caller> callers = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Caller> eldest) {
            return size() > CALLERS;
        }
    };

    @Inject
    KeyTries(KeyRing keys) {
        this(keys::valid, System::nanoTime);
    }

    /** @param keys those that open something, by their ids */
    KeyTries(Function<String, Optional<ApiKey>> keys, LongSupplier nanoseconds) {
        this.keys = keys;
        this.nanoseconds = nanoseconds;
    }

    /**
     * What came of a try.
     *
     * @param key that was presented, if it is one
     * @param left for how long this key is not looked at from there; zero if it was
     */
    public record Outcome(Optional<ApiKey> key, Duration left) {

        /** Whether there were too many wrong ones before. */
        public boolean tooMany() {
            return left.isPositive();
        }

        /** What is left as the header {@code Retry-After} gives it, in whole seconds. */
        public long retryAfter() {
            return left.plusSeconds(1).minusNanos(1).toSeconds();
        }
    }

    /** What is known of a key from an address. */
    private static final class Caller {
        private boolean worked;
        private int wrong;
        private long since;
    }

    /** Looks {@code presented} up, which came with {@code request}. */
    public Outcome find(String presented, HttpServerRequest request) {
        SocketAddress other = request.remoteAddress();
        return find(presented, other == null ? "" : String.valueOf(other.hostAddress()));
    }

    Outcome find(String presented, String address) {
        Optional<ApiKey> named = ApiKey.idIn(presented).flatMap(keys);
        if (named.isEmpty()) {
            return new Outcome(Optional.empty(), Duration.ZERO);
        }
        boolean right = named.get().matches(presented);
        synchronized (callers) {
            Caller caller =
                    callers.computeIfAbsent(network(address) + "/" + named.get().id(), name -> new Caller());
            long now = nanoseconds.getAsLong();
            if (caller.wrong == 0 || now - caller.since >= PERIOD.toNanos()) {
                caller.wrong = 0;
                caller.since = now;
            }
            boolean open = caller.wrong < WRONG;
            if (right && (open || caller.worked)) {
                caller.worked = true;
                return new Outcome(named, Duration.ZERO);
            }
            if (open) {
                caller.wrong++;
                return new Outcome(Optional.empty(), Duration.ZERO);
            }
            return new Outcome(Optional.empty(), PERIOD.minusNanos(now - caller.since));
        }
    }

    private static String network(String address) {
        try {
            byte[] bytes = InetAddress.getByName(address).getAddress();
            return HexFormat.of().formatHex(bytes.length > NETWORK ? Arrays.copyOf(bytes, NETWORK) : bytes);
        } catch (UnknownHostException e) {
            return address;
        }
    }
}
