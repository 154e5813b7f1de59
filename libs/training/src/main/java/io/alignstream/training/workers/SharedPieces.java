package io.alignstream.training.workers;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Work of a step that is done in numbered pieces: each of them is done by one worker, and all have all of them in the end.
 *
 * <p>What a piece comes to must be a function of its number and of what all workers have, not of who does it. A worker that
 * was in a step that somebody's end has broken off still has its pieces, and those that it was sent: only what nobody has is
 * done again. For one thread.
 *
 * @param <T> what a piece comes to
 */
public final class SharedPieces<T> {

    /** Bytes that a number in double precision carries without loss, whatever they are. */
    private static final int CARRIED = 6;

    /** Numbers that travel at once. */
    private static final int LOAD = 1 << 20;

    private final Workers workers;
    private final Form<T> form;
    private final Map<Integer, T> known = new TreeMap<>();
    private long step = -1;

    /** How a piece travels: the same piece comes out of its bytes. */
    public interface Form<T> {

        /** {@code piece} as bytes. */
        byte[] bytes(T piece);

        /** The reverse of {@link #bytes}. */
        T piece(byte[] bytes);
    }

    /** Does pieces. */
    @FunctionalInterface
    public interface Work<T> {

        /** Those with these numbers, ascending, in the same order. */
        List<T> of(List<Integer> numbers);
    }

    /** Pieces that {@code workers} share; nothing is known yet. */
    public SharedPieces(Workers workers, Form<T> form) {
        this.workers = workers;
        this.form = form;
    }

    /**
     * All pieces of {@code ofStep}, by number.
     *
     * @param count how many there are
     * @param work does those that fall to this worker
     * @throws WorkersChangedException if a worker has come or gone; what is done already is not done again
     */
    public List<T> of(long ofStep, int count, Work<T> work) {
        if (ofStep != step) {
            known.clear();
            step = ofStep;
        }
        Holders holders = holders(count);
        List<Integer> mine = holders.missing(count);
        if (!mine.isEmpty()) {
            List<T> done = work.of(mine);
            for (int i = 0; i < mine.size(); i++) {
                known.put(mine.get(i), done.get(i));
            }
        }
        exchange(holders, count);
        return List.copyOf(known.values());
    }

    /** Asks all workers what they have; each answers in the place of its first shard. */
    private Holders holders(int count) {
        int width = count + 1;
        double[] told = new double[workers.shards() * width];
        int own = workers.own().from();
        told[own * width + count] = 1;
        known.keySet().forEach(number -> told[own * width + number] = 1);
        double[] all = workers.sum(told);
        List<boolean[]> have = new ArrayList<>();
        int rank = 0;
        for (int place = 0; place < workers.shards(); place++) {
            if (all[place * width + count] > 0) {
                rank = place == own ? have.size() : rank;
                boolean[] one = new boolean[count];
                for (int number = 0; number < count; number++) {
                    one[number] = all[place * width + number] > 0;
                }
                have.add(one);
            }
        }
        return new Holders(have, rank);
    }

    /**
     * Who has which piece.
     *
     * @param have for each worker
     * @param rank this worker's place among them
     */
    private record Holders(List<boolean[]> have, int rank) {

        private List<Integer> nobodys(int count) {
            return IntStream.range(0, count)
                    .filter(number -> have.stream().noneMatch(one -> one[number]))
                    .boxed()
                    .toList();
        }

        /** What falls to this worker of what nobody has. */
        List<Integer> missing(int count) {
            List<Integer> nobodys = nobodys(count);
            Shards own = Shards.of(rank, have.size(), nobodys.size());
            return nobodys.subList(own.from(), own.to());
        }

        /** Whether this worker sends a piece: it has done it, or is the first that had it. */
        boolean sends(int number, List<Integer> done) {
            return done.contains(number)
                    || have.get(rank)[number] && IntStream.range(0, rank).noneMatch(other -> have.get(other)[number]);
        }

        /** Those that somebody lacks, ascending. */
        List<Integer> wanted(int count) {
            return have.size() == 1
                    ? List.of()
                    : IntStream.range(0, count)
                            .filter(number -> !have.stream().allMatch(one -> one[number]))
                            .boxed()
                            .toList();
        }
    }

    /** Sends what this worker has to those that lack it, and takes what it lacks. */
    private void exchange(Holders holders, int count) {
        List<Integer> wanted = holders.wanted(count);
        if (wanted.isEmpty()) {
            return;
        }
        List<Integer> done = holders.missing(count);
        Map<Integer, byte[]> sent = new TreeMap<>();
        double[] told = new double[wanted.size()];
        for (int i = 0; i < told.length; i++) {
            int number = wanted.get(i);
            if (holders.sends(number, done)) {
                byte[] bytes = form.bytes(Objects.requireNonNull(known.get(number)));
                sent.put(number, bytes);
                told[i] = bytes.length;
            }
        }
        double[] lengths = workers.sum(told);
        int[] at = new int[lengths.length + 1];
        for (int i = 0; i < lengths.length; i++) {
            at[i + 1] = at[i] + Math.ceilDiv((int) lengths[i], CARRIED);
        }
        double[] load = new double[at[lengths.length]];
        for (int i = 0; i < lengths.length; i++) {
            pack(sent.getOrDefault(wanted.get(i), new byte[0]), load, at[i]);
        }
        for (int from = 0; from < load.length; from += LOAD) {
            double[] part = workers.sum(Arrays.copyOfRange(load, from, Math.min(from + LOAD, load.length)));
            System.arraycopy(part, 0, load, from, part.length);
        }
        for (int i = 0; i < lengths.length; i++) {
            if (!known.containsKey(wanted.get(i))) {
                known.put(wanted.get(i), form.piece(unpacked(load, at[i], (int) lengths[i])));
            }
        }
    }

    private static void pack(byte[] bytes, double[] into, int at) {
        for (int i = 0; i < bytes.length; i += CARRIED) {
            long packed = 0;
            for (int j = i; j < i + CARRIED; j++) {
                packed = packed << Byte.SIZE | (j < bytes.length ? bytes[j] & 0xFF : 0);
            }
            into[at + i / CARRIED] = packed;
        }
    }

    private static byte[] unpacked(double[] from, int at, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            long packed = (long) from[at + i / CARRIED];
            bytes[i] = (byte) (packed >> Byte.SIZE * (CARRIED - 1 - i % CARRIED));
        }
        return bytes;
    }
}
