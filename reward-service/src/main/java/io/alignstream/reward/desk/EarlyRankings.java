package io.alignstream.reward.desk;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** Rankings of requests that nobody has asked so far, of the last such requests; guarded by the desk. */
final class EarlyRankings {

    private static final int MAX_REQUESTS = 10_000;

    /** By request and annotator. */
    private final SequencedMap<String, Map<String, Counted>> rankings = new LinkedHashMap<>();

    void add(Counted counted) {
        rankings.computeIfAbsent(counted.ranking().requestId(), id -> new HashMap<>())
                .put(counted.ranking().annotator(), counted);
        if (rankings.size() > MAX_REQUESTS) {
            rankings.pollFirstEntry();
        }
    }

    void remove(String requestId, String annotator) {
        rankings.getOrDefault(requestId, new HashMap<>()).remove(annotator);
    }

    /** Takes away those of a request. */
    List<Counted> take(String requestId) {
        Map<String, Counted> taken = rankings.remove(requestId);
        return taken == null ? List.of() : List.copyOf(taken.values());
    }
}
