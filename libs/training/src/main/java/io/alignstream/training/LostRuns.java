package io.alignstream.training;

import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Lease;
import io.alignstream.languagemodel.checkpoint.LeaseLostException;
import io.alignstream.languagemodel.checkpoint.Owner;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * The runs that this process has lost to others, so that it does not take them back from one that works on them.
 *
 * <p>Whoever starts anew claims a run at once: it was started because the owner is believed dead. Who lost a run was
 * believed dead itself, and goes on only if its successor shows no sign of life for {@link LeaseLostException#SILENCE}. No clock is
 * compared with another. Thread-safe.
 */
final class LostRuns {

    private final LongSupplier nanoTime;
    private final Map<String, Sign> lost = new ConcurrentHashMap<>();

    /** What an owner last said, and when this process saw it first. */
    private record Sign(Owner owner, long seen) {}

    LostRuns() {
        this(System::nanoTime);
    }

    LostRuns(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** This process is no longer the run's owner. */
    void lost(CheckpointStore store, Lease lease) throws IOException {
        Optional<Owner> owner = store.owner(lease.stage(), lease.run());
        owner.ifPresent(now -> lost.put(lease.run(), new Sign(now, nanoTime.getAsLong())));
    }

    /** Whoever owns the run is known to be no obstacle. */
    void forget(String run) {
        lost.remove(run);
    }

    /**
     * Claims a run.
     *
     * @throws LeaseLostException if this process has lost it and whoever owns it is alive
     */
    Lease claim(CheckpointStore store, Stage stage, String run) throws IOException {
        Sign before = lost.get(run);
        if (before != null) {
            Owner owner = store.owner(stage, run).orElse(before.owner());
            long now = nanoTime.getAsLong();
            if (!owner.equals(before.owner())) {
                lost.put(run, new Sign(owner, now));
                throw new LeaseLostException(run, owner);
            }
            if (now - before.seen() < LeaseLostException.SILENCE.toNanos()) {
                throw new LeaseLostException(run, owner);
            }
            lost.remove(run);
        }
        return store.claim(stage, run);
    }
}
