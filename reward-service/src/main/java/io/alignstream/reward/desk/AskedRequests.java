package io.alignstream.reward.desk;

import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.RankingRequest;
import io.alignstream.stageruntime.kept.KeptRecords;
import io.alignstream.stageruntime.kept.KeptState;
import io.alignstream.stageruntime.kept.KeptTable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The requests and what was said of them, on the disk: what was said and asked as it was published, what became of a
 * request in some bytes. In memory are only those that somebody is ranking, or whose ranking is on its way. Guarded by the
 * desk.
 */
final class AskedRequests {

    private static final String COUNT = "count";
    private static final String ARRIVALS = "arrivals";

    private final KeptRecords<RankingRequest> requests;
    private final KeptRecords<Ranking> rankings;
    private final KeptTable asked;
    private final KeptTable ids;
    private final KeptTable numbers;
    private final KeptTable inHand;
    /** By id, while somebody has it in hand; all others are as the disk says. */
    private final Map<String, Asked> active = new LinkedHashMap<>();

    private final Set<String> activeOnDisk = new HashSet<>();

    AskedRequests(KeptState state) {
        this.requests = new KeptRecords<>(state, "desk.requests", RankingRequest.class);
        this.rankings = new KeptRecords<>(state, "desk.rankings", Ranking.class);
        this.asked = state.table("desk.asked");
        this.ids = state.table("desk.ids");
        this.numbers = state.table("desk.numbers");
        this.inHand = state.table("desk.in-hand");
    }

    /**
     * Shows those that were in somebody's hands when the service ended: nobody has them any more; and those that somebody
     * has taken since.
     *
     * @param let takes a request, and the annotators whose rankings were on their way
     */
    void restore(BiConsumer<Asked, Set<String>> let) {
        Map<String, Set<String>> left = new HashMap<>();
        inHand.forEach((id, annotators) -> left.put(
                new String(id, StandardCharsets.UTF_8),
                Set.of(new String(annotators, StandardCharsets.UTF_8).split("\0"))));
        left.forEach((id, annotators) -> {
            activeOnDisk.add(id);
            Asked one = get(id);
            if (one != null) {
                let.accept(one, annotators);
            }
        });
        active.values().forEach(one -> let.accept(one, Set.of()));
    }

    /** Puts into the tables who has what in hand. */
    void save() {
        for (Asked one : active.values()) {
            inHand.put(one.id(), String.join("\0", one.onTheirWay().keySet()).getBytes(StandardCharsets.UTF_8));
        }
        activeOnDisk.stream().filter(id -> !active.containsKey(id)).forEach(inHand::remove);
        activeOnDisk.clear();
        activeOnDisk.addAll(active.keySet());
    }

    /** The next number. */
    int number() {
        long number = numbers.number(ARRIVALS);
        numbers.put(ARRIVALS, number + 1);
        return Math.toIntExact(number);
    }

    /** How many there are. */
    int size() {
        return Math.toIntExact(numbers.number(COUNT));
    }

    /** Takes in a new request. */
    void add(Asked one, RankingRequest request) {
        numbers.put(COUNT, size() + 1);
        requests.put(one.id(), request);
        ids.put(key(one.number()), one.id().getBytes(StandardCharsets.UTF_8));
        write(one);
    }

    /** Forgets a request, and what was said of it. */
    void remove(Asked one) {
        numbers.put(COUNT, size() - 1);
        requests.remove(one.id());
        ids.remove(key(one.number()));
        asked.remove(one.id());
        active.remove(one.id());
    }

    /** What becomes of a request has changed: by what the topic says, or by who has it in hand. */
    void changed(Asked one) {
        if (one.isInHand()) {
            active.put(one.id(), one);
        } else {
            active.remove(one.id());
        }
    }

    /** What the topic says of a request has changed. */
    void write(Asked one) {
        asked.put(one.id(), one.bytes());
    }

    /** The request {@code id}; null if nobody asks it. */
    @Nullable
    Asked get(String id) {
        Asked one = active.get(id);
        if (one != null) {
            return one;
        }
        byte[] bytes = asked.get(id);
        return bytes == null ? null : Asked.of(id, bytes);
    }

    /** The request with a number that one has. */
    Asked at(int number) {
        byte[] id = ids.get(key(number));
        Asked one = id == null ? null : get(new String(id, StandardCharsets.UTF_8));
        if (one == null) {
            throw new IllegalStateException("request number " + number + " is not on the desk");
        }
        return one;
    }

    private static byte[] key(int number) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(number).array();
    }

    /** What is asked by the request {@code id}, which there is. */
    RankingRequest request(String id) {
        return requests.get(id).orElseThrow(() -> new IllegalStateException("request " + id + " is not on the desk"));
    }

    /** What the topic says of a request and an annotator. */
    Optional<Ranking> ranking(String id, String annotator) {
        return rankings.get(key(id, annotator));
    }

    /** The topic says {@code ranking}. */
    void put(Ranking ranking) {
        rankings.put(key(ranking.requestId(), ranking.annotator()), ranking);
    }

    /** The topic says nothing of a request and an annotator any more. */
    void removeRanking(String id, String annotator) {
        rankings.remove(key(id, annotator));
    }

    private static String key(String id, String annotator) {
        return id + '\0' + annotator;
    }
}
