package io.alignstream.languagemodel.collective;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.alignstream.languagemodel.torch.ArrayMemory;
import io.alignstream.languagemodel.torch.TorchRuntime;
import java.net.InetAddress;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Processes, ranked from 0, that compute one thing together.
 *
 * <p>What they do together, a collective, all of them call in the same order with equal sizes, one at a time; they compare
 * that first, so that a mistake is a failure. Where a collective fails, by a member that is gone, late or does something
 * else, all members fail at once with a {@link CollectiveException}, what it was to compute is undefined, and the group can
 * only be closed. A member that stands still or whose machine is lost is noticed by the time-out only: who knows earlier calls
 * {@link #abort}. Thread-safe. A group of one works without a rendezvous and without the library.
 */
public final class ProcessGroup implements AutoCloseable {

    private final long handle;
    private final int rank;
    private final int size;
    private final ReentrantLock turn = new ReentrantLock();
    private volatile boolean failed;
    private boolean closed;

    private ProcessGroup(long handle, int rank, int size) {
        this.handle = handle;
        this.rank = rank;
        this.size = size;
    }

    /**
     * Waits until all members have joined.
     *
     * @param rendezvous where they meet; not used, and may be null, for a group of one
     * @param address where the others reach this process; it listens there only
     * @param rank this process's number, from 0
     * @param joining most time for joining
     * @param timeout for each wait of a collective, at least 1 ms
     * @throws IllegalStateException if there is no {@link CollectiveLibrary}
     * @throws CollectiveException if they do not all join in time, or the rendezvous is closed meanwhile
     */
    public static ProcessGroup join(
            @Nullable Rendezvous rendezvous,
            InetAddress address,
            int rank,
            int size,
            Duration joining,
            Duration timeout) {
        if (rank < 0 || rank >= size) {
            throw new IllegalArgumentException("rank " + rank + " is not one of " + size);
        }
        if (size == 1) {
            return new ProcessGroup(0, rank, size);
        }
        if (rendezvous == null) {
            throw new IllegalArgumentException("a group of " + size + " needs a rendezvous");
        }
        return new ProcessGroup(rendezvous.join(address.getHostAddress(), rank, size, joining, timeout), rank, size);
    }

    /** This process's number, from 0. */
    public int rank() {
        return rank;
    }

    /** How many members there are. */
    public int size() {
        return size;
    }

    /**
     * Sums vectors, the leaves, in the order of one binary tree: with the same bits for every number of members.
     *
     * <p>Leaves are numbered over all members; rank r has those from {@code r * leaves / size}, rounded down, up to the first
     * of the next rank.
     *
     * @param rows fp32 [n, columns], contiguous: this rank's leaves, or the sums of the fewest complete subtrees that cover
     *     them, from left to right; afterwards the first row is the sum over all leaves, and the others are undefined
     * @param leaves a power of two, at least the number of members
     */
    public void treeSum(NDArray rows, int leaves) {
        together("sum " + leaves + " leaves", (what, scope) -> {
            if (size == 1) {
                sumAlone(rows, leaves);
                return rows;
            }
            String name = rows.getName();
            rows.setName(null); // arguments of certain names are passed otherwise
            try {
                ArrayMemory.onProcessor(
                        rows,
                        here -> CollectiveLibrary.call(
                                scope, what, "tree_sum", scope.create(handle), here, scope.create((long) leaves)));
                return rows;
            } finally {
                rows.setName(name);
            }
        });
    }

    private static void sumAlone(NDArray rows, int leaves) {
        long given = rows.getShape().get(0);
        if (Integer.bitCount(leaves) != 1 || given != 1 && given != leaves) {
            throw new IllegalArgumentException(
                    given + " rows are neither " + leaves + " leaves, a power of two, nor their sum");
        }
        for (long step = 1; step < given; step *= 2) {
            for (long row = 0; row < given; row += 2 * step) {
                try (NDArray left = rows.get(row);
                        NDArray right = rows.get(row + step)) {
                    left.addi(right);
                }
            }
        }
    }

    /**
     * The sums of a few numbers over all members, the same at each of them.
     *
     * @param values as many at each member
     */
    public double[] sum(double[] values) {
        return together(
                "sum " + values.length + " numbers",
                (what, scope) -> size == 1
                        ? values.clone()
                        : CollectiveLibrary.call(scope, what, "sum", scope.create(handle), scope.create(values))
                                .toDoubleArray());
    }

    /**
     * What the root has, at each member.
     *
     * @param bytes as many at each member; only the root's content counts
     * @param root its rank
     */
    public byte[] broadcast(byte[] bytes, int root) {
        if (root < 0 || root >= size) {
            throw new IllegalArgumentException("root " + root + " is not one of " + size);
        }
        return together(
                "get " + bytes.length + " bytes of rank " + root,
                (what, scope) -> size == 1
                        ? bytes.clone()
                        : CollectiveLibrary.call(
                                        scope,
                                        what,
                                        "broadcast",
                                        scope.create(handle),
                                        scope.create(bytes),
                                        scope.create((long) root))
                                .toByteArray());
    }

    /** Waits until all members wait here. */
    public void barrier() {
        together(
                "wait for the others",
                (what, scope) -> size == 1
                        ? scope.create(handle)
                        : CollectiveLibrary.call(scope, what, "barrier", scope.create(handle)));
    }

    /** Gives the group up, from any thread: all that wait in it fail at once, here and at the other members. */
    public void abort() {
        failed = true;
        if (size > 1) {
            CollectiveLibrary.call(this + " cannot give up its group", "abort", handle);
        }
    }

    /** Leaves the group; what other threads wait for in it fails. Closed again it does nothing. */
    @Override
    public void close() {
        if (!turn.tryLock()) {
            abort();
            turn.lock();
        }
        try {
            failed = true;
            if (!closed && size > 1) {
                CollectiveLibrary.call(this + " cannot leave its group", "leave", handle);
            }
            closed = true;
        } finally {
            turn.unlock();
        }
    }

    /** The member among its group, for messages. */
    @Override
    public String toString() {
        return "rank " + rank + " of " + size;
    }

    /** Takes part in a collective; where that fails, nobody waits for this member any longer. */
    private <T> T together(String what, Part<T> part) {
        turn.lock();
        try (NDManager scope = TorchRuntime.get().newScope()) {
            String failure = this + " could not " + what;
            if (failed) {
                throw new CollectiveException(failure + ": its group has failed or was left before", null);
            }
            return part.in(failure, TorchRuntime.settings(scope));
        } catch (RuntimeException e) {
            abort();
            throw e;
        } finally {
            turn.unlock();
        }
    }

    /** What one member does in a collective, with the beginning of its message for the case that it fails. */
    private interface Part<T> {
        T in(String failure, NDManager scope);
    }
}
