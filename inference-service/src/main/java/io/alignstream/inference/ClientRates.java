package io.alignstream.inference;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.function.LongSupplier;

/**
 * How often each client may do something: a minute's worth at once, then evenly over the minutes. Of clients a bounded number is
 * known, those heard of last. Thread-safe.
 */
public final class ClientRates {

    private static final int CLIENTS = 10_000;
    private static final Duration PERIOD = Duration.ofMinutes(1);

    private final long interval;
    private final LongSupplier nanoseconds;
    /** When each will have made up for what it has done; who was heard of last comes last. */
    private final SequencedMap<String, Long> madeUp = new LinkedHashMap<>();

    /** @param perMinute 1 or more */
    public ClientRates(int perMinute) {
        this(perMinute, System::nanoTime);
    }

    ClientRates(int perMinute, LongSupplier nanoseconds) {
        this.interval = PERIOD.toNanos() / perMinute;
        this.nanoseconds = nanoseconds;
    }

    /** Counts one of {@code client}; if it may not yet, none is counted, and this is how long it has to wait, else zero. */
    public synchronized Duration take(String client) {
        long now = nanoseconds.getAsLong();
        Long known = madeUp.get(client);
        long owed = known == null ? 0 : Math.max(0, known - now);
        long next = now + owed + interval;
        long wait = next - now - PERIOD.toNanos();
        if (wait > 0) {
            return Duration.ofNanos(wait);
        }
        madeUp.putLast(client, next);
        if (madeUp.size() > CLIENTS) {
            madeUp.pollFirstEntry();
        }
        return Duration.ZERO;
    }
}
