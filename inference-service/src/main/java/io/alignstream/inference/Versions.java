package io.alignstream.inference;

import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.hash.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Which release each name of a model stands for: a function of the topic and the time, so the same on every instance.
 * Immutable.
 *
 * @param approved the approved ones, newest first
 * @param trial whether the newest one is on trial beside the one before it
 */
record Versions(List<ModelRelease> approved, boolean trial) {

    /** Of a hash, as many values as a double can tell apart. */
    private static final int HASH_BITS = 53;

    Versions {
        approved = List.copyOf(approved);
        if (trial && approved.size() < 2) {
            throw new IllegalArgumentException(
                    "a trial is beside an older release but " + approved.size() + " are approved");
        }
    }

    /** The newest one, on trial or not. */
    Optional<ModelRelease> latest() {
        return approved.stream().findFirst();
    }

    /** The newest one that is not on trial. */
    Optional<ModelRelease> stable() {
        return approved.stream().skip(trial ? 1 : 0).findFirst();
    }

    /** Those that requests go to, the stable one first. */
    List<ModelRelease> inService() {
        return trial
                ? List.of(approved.get(1), approved.get(0))
                : approved.stream().limit(1).toList();
    }

    /**
     * The one for who names none: a client keeps its version as long as the trial lasts.
     *
     * @param client empty for nobody in particular, who gets the stable one
     * @param share of the clients that get the one on trial, 0 to 1
     */
    Optional<ModelRelease> of(String client, double share) {
        return trial && !client.isEmpty() && place(client) < share ? latest() : stable();
    }

    /** From 0 to 1, by client and release: another trial takes other clients. */
    private double place(String client) {
        byte[] hash = new Sha256()
                .add((client + "\n" + approved.getFirst().reference().sha256()).getBytes(StandardCharsets.UTF_8))
                .bytes();
        return (ByteBuffer.wrap(hash).getLong() >>> (Long.SIZE - HASH_BITS)) * 0x1p-53;
    }
}
