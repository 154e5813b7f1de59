package io.alignstream.reward.desk;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

    private static final BitSet NONE = new BitSet();

    private final int overlap;
    private final Duration lease;
    private final GoldTurns goldTurns;

    private final Map<Asked, Integer> numbers = new HashMap<>();
    private final Map<Integer, Asked> requests = new HashMap<>();
    /** By places taken, 0 to {@link #overlap} − 1: the requests that wait. */
    private final List<BitSet> byTaken;
    /** All of them. */
    private final BitSet open = new BitSet();
    /** Gold requests, which wait for everybody. */
    private final BitSet gold = new BitSet();

    private final Map<String, BitSet> settled = new HashMap<>();
    /** By annotator, in the order in which they end. */
    private final SequencedMap<String, Lease> leases = new LinkedHashMap<>();

    private int arrivals;

    OpenRequests(int overlap, Duration lease, GoldTurns goldTurns) {
        this.overlap = overlap;
        this.lease = lease;
        this.goldTurns = goldTurns;
        this.byTaken = new ArrayList<>(
                IntStream.range(0, overlap).mapToObj(taken -> new BitSet()).toList());
    }

    /**
     * A request that is kept for an annotator.
     *
     * @param end from when on it is kept no more
     */
    record Lease(Asked asked, Instant end) {}

    /** Takes in a request. */
    void add(Asked asked) {
        numbers.put(asked, arrivals);
        requests.put(arrivals, asked);
        arrivals++;
        changing(asked, () -> {});
    }

    /** Takes a request away, with its leases. */
    void remove(Asked asked) {
        List.copyOf(asked.leases()).forEach(this::release);
        close(asked);
        requests.remove(numbers.remove(asked));
    }

    /** Makes a change to a request that is here, and puts it where it belongs. */
    void changing(Asked asked, Runnable change) {
        int number = close(asked);
        change.run();
        asked.settledBy().forEach(annotator -> settled.computeIfAbsent(annotator, any -> new BitSet())
                .set(number));
        if (asked.isForPeople() && asked.isGold()) {
            gold.set(number);
        } else if (asked.isForPeople() && asked.taken() < overlap) {
            open.set(number);
            byTaken.get(asked.taken()).set(number);
        }
    }

    private int close(Asked asked) {
        Integer number = numbers.get(asked);
        if (number == null) {
            throw new IllegalStateException("request " + asked.request().requestId() + " is not on the desk");
        }
        if (open.get(number)) {
            open.clear(number);
            byTaken.get(asked.taken()).clear(number);
        }
        gold.clear(number);
        for (String annotator : asked.settledBy()) {
            settled.computeIfPresent(annotator, (name, those) -> {
                those.clear(number);
                return those.isEmpty() ? null : those;
            });
        }
        return number;
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
        Optional<Asked> ordinary = byTaken.stream()
                .map(waiting -> unsettled(waiting, annotator).length() - 1)
                .filter(newest -> newest >= 0)
                .findFirst()
                .map(requests::get);
        // Gold only while there is something else, too: on its own it would not be blind.
        return ordinary.isPresent() && goldTurns.isOne(annotator, turn(annotator))
                ? unsettled(gold, annotator).stream()
                        .mapToObj(requests::get)
                        .findFirst()
                        .or(() -> ordinary)
                : ordinary;
    }

    private BitSet unsettled(BitSet those, String annotator) {
        BitSet left = (BitSet) those.clone();
        left.andNot(settled.getOrDefault(annotator, NONE));
        return left;
    }

    /** How many requests {@code annotator} has settled. */
    private int turn(String annotator) {
        return settled.getOrDefault(annotator, NONE).cardinality();
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
        int ordinary = unsettled(open, annotator).cardinality()
                + own.filter(asked -> !asked.isGold() && !open.get(numbers.getOrDefault(asked, 0)))
                        .map(asked -> 1)
                        .orElse(0);
        int due = goldTurns.ahead(
                annotator, turn(annotator), ordinary, unsettled(gold, annotator).cardinality());
        return Math.max(own.isPresent() ? 1 : 0, ordinary + due);
    }

    /** Ends the leases whose time is over. */
    void expire(Instant now) {
        while (!leases.isEmpty() && !leases.firstEntry().getValue().end().isAfter(now)) {
            release(leases.firstEntry().getKey());
        }
    }
}
