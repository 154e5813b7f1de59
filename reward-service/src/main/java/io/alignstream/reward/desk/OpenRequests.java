package io.alignstream.reward.desk;

import io.alignstream.stageruntime.kept.KeptBitSets;
import io.alignstream.stageruntime.kept.KeptState;
import java.time.Duration;
import java.time.Instant;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.IntStream;

/**
 * The requests that wait for people, and who has been given which; guarded by the desk.
 *
 * <p>They are numbered as they come, and a bit for each says whether it waits and who has settled it. So what waits for
 * somebody is a difference of bits, 16 kB of them for a million requests, however many that person has settled.
 */
final class OpenRequests {

    /** All that wait. */
    private static final String OPEN = "open";
    /** Gold requests, which wait for everybody. */
    private static final String GOLD = "gold";
    /** And a number of places taken, 0 to {@link #overlap} − 1: the requests that wait. */
    private static final String TAKEN = "taken/";
    /** And an annotator: what that person has settled. */
    private static final String SETTLED = "settled/";

    private final int overlap;
    private final Duration lease;
    private final GoldTurns goldTurns;
    private final AskedRequests requests;
    private final KeptBitSets numbers;
    /** By annotator, in the order in which they end. */
    private final SequencedMap<String, Lease> leases = new LinkedHashMap<>();

    OpenRequests(int overlap, Duration lease, GoldTurns goldTurns, AskedRequests requests, KeptState state) {
        this.overlap = overlap;
        this.lease = lease;
        this.goldTurns = goldTurns;
        this.requests = requests;
        this.numbers = new KeptBitSets(state, "desk.open");
    }

    /** Goes on from what was saved; who had something in hand then has nothing now. */
    void restore() {
        numbers.restore();
        requests.restore((asked, annotators) -> {
            close(asked);
            annotators.forEach(annotator -> numbers.clear(SETTLED + annotator, asked.number()));
            place(asked);
        });
    }

    void save() {
        numbers.save();
    }

    /**
     * A request that is kept for an annotator.
     *
     * @param end from when on it is kept no more
     */
    record Lease(Asked asked, Instant end) {}

    /** Takes in a request. */
    void add(Asked asked) {
        place(asked);
    }

    /** Takes a request away, with its leases. */
    void remove(Asked asked) {
        List.copyOf(asked.leases()).forEach(this::release);
        close(asked);
    }

    /** Makes a change to a request that is here, and puts it where it belongs. */
    void changing(Asked asked, Runnable change) {
        close(asked);
        change.run();
        place(asked);
        requests.changed(asked);
    }

    private void place(Asked asked) {
        int number = asked.number();
        asked.settledBy().forEach(annotator -> numbers.set(SETTLED + annotator, number));
        if (asked.isForPeople() && asked.isGold()) {
            numbers.set(GOLD, number);
        } else if (asked.isForPeople() && asked.taken() < overlap) {
            numbers.set(OPEN, number);
            numbers.set(TAKEN + asked.taken(), number);
        }
    }

    private void close(Asked asked) {
        int number = asked.number();
        if (numbers.get(OPEN).get(number)) {
            numbers.clear(OPEN, number);
            for (int taken = 0; taken < overlap; taken++) {
                numbers.clear(TAKEN + taken, number);
            }
        }
        numbers.clear(GOLD, number);
        asked.settledBy().forEach(annotator -> numbers.clear(SETTLED + annotator, number));
    }

    /** What {@code annotator} has been given and may still rank. */
    Optional<Asked> leasedTo(String annotator, Instant now) {
        expire(now);
        return Optional.ofNullable(leases.get(annotator)).map(Lease::asked);
    }

    /** Whether {@code annotator} may rank a request: it is one for people, and not ranked by enough others. */
    boolean isOpenTo(Asked asked, String annotator) {
        return asked.isForPeople() && (asked.isGold() || asked.takenByOthers(annotator) < overlap);
    }

    /**
     * The request that {@code annotator} is to rank next: a gold one where it is the turn of one, the oldest first; else the
     * least ranked first, among those the newest.
     */
    Optional<Asked> next(String annotator, Instant now) {
        expire(now);
        Optional<Asked> ordinary = IntStream.range(0, overlap)
                .map(taken -> unsettled(TAKEN + taken, annotator).length() - 1)
                .filter(newest -> newest >= 0)
                .mapToObj(requests::at)
                .findFirst();
        // Gold only while there is something else, too: on its own it would not be blind.
        return ordinary.isPresent() && goldTurns.isOne(annotator, turn(annotator))
                ? unsettled(GOLD, annotator).stream()
                        .mapToObj(requests::at)
                        .findFirst()
                        .or(() -> ordinary)
                : ordinary;
    }

    private BitSet unsettled(String those, String annotator) {
        BitSet left = (BitSet) numbers.get(those).clone();
        left.andNot(numbers.get(SETTLED + annotator));
        return left;
    }

    /** How many requests {@code annotator} has settled. */
    private int turn(String annotator) {
        return numbers.get(SETTLED + annotator).cardinality();
    }

    /** Keeps a request for {@code annotator} from now on. */
    void lease(Asked asked, String annotator, Instant now) {
        release(annotator);
        changing(asked, () -> asked.leases().add(annotator));
        leases.put(annotator, new Lease(asked, now.plus(lease)));
    }

    /** Ends the lease of {@code annotator}, if there is one. */
    void release(String annotator) {
        Lease ended = leases.remove(annotator);
        if (ended != null) {
            changing(ended.asked(), () -> ended.asked().leases().remove(annotator));
        }
    }

    /**
     * How many requests {@code annotator} will be given, one that the annotator has counted; with the gold ones among them,
     * which a number that stays the same would betray.
     */
    int remaining(String annotator, Instant now) {
        Optional<Asked> own = leasedTo(annotator, now);
        int ordinary = unsettled(OPEN, annotator).cardinality()
                + own.filter(asked -> !asked.isGold() && !numbers.get(OPEN).get(asked.number()))
                        .map(asked -> 1)
                        .orElse(0);
        int due = goldTurns.ahead(
                annotator, turn(annotator), ordinary, unsettled(GOLD, annotator).cardinality());
        return Math.max(own.isPresent() ? 1 : 0, ordinary + due);
    }

    /** Ends the leases whose time is over. */
    void expire(Instant now) {
        while (!leases.isEmpty() && !leases.firstEntry().getValue().end().isAfter(now)) {
            release(leases.firstEntry().getKey());
        }
    }
}
