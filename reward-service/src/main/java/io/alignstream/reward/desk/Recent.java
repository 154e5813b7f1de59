package io.alignstream.reward.desk;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What takes its time to find out and may be a little old: one thread finds it out while the others wait for the same;
 * thread-safe.
 */
public final class Recent<T> {

    private final Supplier<T> source;
    private final Duration age;
    private final InstantSource clock;
    private @Nullable T value;
    private Instant end = Instant.MIN;

    /**
     * Nothing so far.
     *
     * @param age for how long it is good once it is found out
     */
    public Recent(Supplier<T> source, Duration age, InstantSource clock) {
        this.source = source;
        this.age = age;
        this.clock = clock;
    }

    /** What was found out last, or is now. */
    public synchronized T get() {
        T known = value;
        if (known == null || !clock.instant().isBefore(end)) {
            known = source.get();
            value = known;
            end = clock.instant().plus(age);
        }
        return known;
    }
}
