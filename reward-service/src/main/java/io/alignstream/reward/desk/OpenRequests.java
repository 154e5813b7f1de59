package io.alignstream.reward.desk;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The requests that wait for people, and who has been given which; guarded by the desk.
 *
 * <p>They stand by the number of places that are taken, the newest first, and move when that number changes. So giving
 * somebody the next one looks at no more requests than that person has settled, however many wait.
 */
final class OpenRequests {

    private final int overlap;
    private final Duration lease;
    /** By places taken, 0 to {@link #overlap} − 1, and by when they came, the newest first. */
    private final List<NavigableMap<Long, Asked>> byTaken = new ArrayList<>();

    private final Map<Asked, Place> places = new HashMap<>();
    /** By annotator, in the order in which they end. */
    private final SequencedMap<String, Lease> leases = new LinkedHashMap<>();
    /** How many of the open requests each annotator has settled. */
    private final Map<String, Integer> settledOpen = new HashMap<>();

    private long arrivals;
    private long looks;

    OpenRequests(int overlap, Duration lease) {
        this.overlap = overlap;
        this.lease = lease;
        for (int taken = 0; taken < overlap; taken++) {
            byTaken.add(new TreeMap<>());
        }
    }

    /** Where a request stands: when it came, and how many places are taken; −1 if it is not open. */
    private record Place(long arrival, int taken) {

        boolean isOpen() {
            return taken >= 0;
        }
    }

    /**
     * A request that is kept for an annotator.
     *
     * @param end from when on it is kept no more
     */
    record Lease(Asked asked, Instant end, @Nullable Draft draft) {}

    /** Takes in a request. */
    void add(Asked asked) {
        places.put(asked, new Place(arrivals++, -1));
        changing(asked, () -> {});
    }

    /** Takes a request away, with its leases. */
    void remove(Asked asked) {
        List.copyOf(asked.leases()).forEach(this::release);
        close(asked);
        places.remove(asked);
    }

    /** Makes a change to a request that is here, and puts it where it belongs. */
    void changing(Asked asked, Runnable change) {
        Place before = close(asked);
        change.run();
        int taken = asked.taken();
        boolean opens = asked.isForPeople() && !asked.isGold() && taken < overlap;
        if (opens) {
            byTaken.get(taken).put(-before.arrival(), asked);
            asked.settledBy().forEach(annotator -> settledOpen.merge(annotator, 1, Integer::sum));
        }
        places.put(asked, new Place(before.arrival(), opens ? taken : -1));
    }

    private Place close(Asked asked) {
        Place place = places.get(asked);
        if (place == null) {
            throw new IllegalStateException("request " + asked.request().requestId() + " is not on the desk");
        }
        if (place.isOpen()) {
            byTaken.get(place.taken()).remove(-place.arrival());
            asked.settledBy()
                    .forEach(annotator -> settledOpen.computeIfPresent(
                            annotator, (name, requests) -> requests == 1 ? null : requests - 1));
        }
        return place;
    }

    /** What {@code annotator} has been given and may still rank. */
    Optional<Lease> leaseOf(String annotator, Instant now) {
        expire(now);
        return Optional.ofNullable(leases.get(annotator));
    }

    /** Whether a request that is kept for {@code annotator} is one for people still, and not ranked by enough others. */
    boolean isStillOpen(Asked asked, String annotator) {
        return asked.isForPeople() && (asked.isGold() || asked.takenByOthers(annotator) < overlap);
    }

    /** The request that {@code annotator} is to rank next: the least ranked first, among those the newest. */
    Optional<Asked> next(String annotator, Instant now) {
        expire(now);
        if (unsettled(annotator) == 0) {
            return Optional.empty();
        }
        for (NavigableMap<Long, Asked> level : byTaken) {
            for (Asked asked : level.values()) {
                looks++;
                if (asked.by(annotator).isEmpty()) {
                    return Optional.of(asked);
                }
            }
        }
        return Optional.empty();
    }

    /** Keeps a request for {@code annotator} from now on, with what it was kept with before. */
    void lease(Asked asked, String annotator, Instant now) {
        Lease before = leases.get(annotator);
        keep(asked, annotator, now, before != null && before.asked() == asked ? before.draft() : null);
    }

    /** Keeps a draft with the request that {@code annotator} has been given, and the request for longer. */
    void save(Asked asked, String annotator, Draft draft, Instant now) {
        keep(asked, annotator, now, draft);
    }

    private void keep(Asked asked, String annotator, Instant now, @Nullable Draft draft) {
        release(annotator);
        changing(asked, () -> asked.leases().add(annotator));
        leases.put(annotator, new Lease(asked, now.plus(lease), draft));
    }

    /** Ends the lease of {@code annotator}, if there is one. */
    void release(String annotator) {
        Lease ended = leases.remove(annotator);
        if (ended != null) {
            changing(ended.asked(), () -> ended.asked().leases().remove(annotator));
        }
    }

    /** How many requests are open to {@code annotator}, one that the annotator has counted. */
    int remaining(String annotator, Instant now) {
        Optional<Lease> own = leaseOf(annotator, now);
        int besides = own.isPresent() && !isOpen(own.get().asked()) ? 1 : 0;
        return unsettled(annotator) + besides;
    }

    private boolean isOpen(Asked asked) {
        Place place = places.get(asked);
        return place != null && place.isOpen();
    }

    private int unsettled(String annotator) {
        int open = byTaken.stream().mapToInt(Map::size).sum();
        return open - settledOpen.getOrDefault(annotator, 0);
    }

    /** Ends the leases whose time is over. */
    void expire(Instant now) {
        while (!leases.isEmpty() && !leases.firstEntry().getValue().end().isAfter(now)) {
            release(leases.firstEntry().getKey());
        }
    }

    /** How many requests have been looked at so far: what it costs to find the next one. */
    long looks() {
        return looks;
    }
}
