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
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Knows API keys again for whoever presents them, and for a while none from an address that has presented too many wrong ones;
 * thread-safe.
 *
 * <p>Keys are too long to be guessed; the limit is for those that leak in part, and for whoever tries anyway. What one caller
 * does wrong keeps nobody else out who calls from there, through the same proxy, with a key that has worked from there before.
 * An address of IPv6 counts as its network, whose other addresses cost nothing.
 */
@ApplicationScoped
public class KeyTries {

    /** Wrong keys from an address within {@link #PERIOD}. */
    static final int WRONG = 20;

    static final Duration PERIOD = Duration.ofMinutes(1);

    /** So many are remembered, those heard of last. */
    private static final int ADDRESSES = 10_000;

    private static final int KEYS = 1_000;
    /** Of an IPv6 address, in bytes. */
    private static final int NETWORK = 8;

    private final Function<String, Optional<ApiKey>> keys;
    private final LongSupplier nanoseconds;
    private final Map<String, Caller> callers = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Caller> eldest) {
            return size() > ADDRESSES;
        }
    };

    @Inject
    KeyTries(KeyRing keys) {
        this(keys::find, System::nanoTime);
    }

    KeyTries(Function<String, Optional<ApiKey>> keys, LongSupplier nanoseconds) {
        this.keys = keys;
        this.nanoseconds = nanoseconds;
    }

    /**
     * What came of a try.
     *
     * @param key that was presented, if it is one
     * @param left for how long no other key from there is looked at; zero if this one was
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

    /** What is known of an address. */
    private static final class Caller {
        private final Set<String> worked = new HashSet<>();
        private int wrong;
        private long since;
    }

    /** Looks {@code presented} up, which came with {@code request}. */
    public Outcome find(String presented, HttpServerRequest request) {
        SocketAddress other = request.remoteAddress();
        return find(presented, other == null ? "" : String.valueOf(other.hostAddress()));
    }

    Outcome find(String presented, String address) {
        Optional<ApiKey> key = keys.apply(presented);
        synchronized (callers) {
            Caller caller = callers.computeIfAbsent(network(address), name -> new Caller());
            long now = nanoseconds.getAsLong();
            if (caller.wrong == 0 || now - caller.since >= PERIOD.toNanos()) {
                caller.wrong = 0;
                caller.since = now;
            }
            boolean open = caller.wrong < WRONG;
            if (key.isPresent() && (open || caller.worked.contains(key.get().id()))) {
                if (caller.worked.size() < KEYS) {
                    caller.worked.add(key.get().id());
                }
                return new Outcome(key, Duration.ZERO);
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
