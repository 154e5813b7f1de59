package io.alignstream.reward.desk;

import io.alignstream.contracts.Ranking;
import io.alignstream.stageruntime.kept.KeptRecords;
import io.alignstream.stageruntime.kept.KeptState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** Rankings of requests that nobody has asked so far, of the last such requests; guarded by the desk. */
final class EarlyRankings {

    private static final int MAX_REQUESTS = 10_000;

    private final KeptRecords<Early> kept;
    /** By request and annotator. */
    private final SequencedMap<String, Map<String, Early>> rankings = new LinkedHashMap<>();

    private long arrivals;

    /** @param arrival orders them by when the first one of their request came */
    record Early(long arrival, Ranking ranking, Counted counted) {}

    EarlyRankings(KeptState state) {
        this.kept = new KeptRecords<>(state, "desk.early", Early.class);
    }

    void restore() {
        List<Early> all = new ArrayList<>();
        kept.forEach((key, early) -> all.add(early));
        all.sort(Comparator.comparingLong(Early::arrival));
        for (Early early : all) {
            put(early);
            arrivals = early.arrival() + 1;
        }
    }

    void add(Ranking ranking, Counted counted) {
        Map<String, Early> same = rankings.get(ranking.requestId());
        long arrival =
                same == null ? arrivals++ : same.values().iterator().next().arrival();
        Early early = new Early(arrival, ranking, counted);
        put(early);
        kept.put(key(early), early);
        if (rankings.size() > MAX_REQUESTS) {
            rankings.pollFirstEntry().getValue().values().forEach(one -> kept.remove(key(one)));
        }
    }

    private void put(Early early) {
        rankings.computeIfAbsent(early.ranking().requestId(), id -> new HashMap<>())
                .put(early.ranking().annotator(), early);
    }

    private static String key(Early early) {
        return early.ranking().requestId() + '\0' + early.ranking().annotator();
    }

    void remove(String requestId, String annotator) {
        Map<String, Early> same = rankings.get(requestId);
        Early removed = same == null ? null : same.remove(annotator);
        if (removed != null) {
            kept.remove(key(removed));
        }
        if (same != null && same.isEmpty()) {
            rankings.remove(requestId);
        }
    }

    /** Takes away those of a request. */
    List<Early> take(String requestId) {
        Map<String, Early> taken = rankings.remove(requestId);
        if (taken == null) {
            return List.of();
        }
        taken.values().forEach(early -> kept.remove(key(early)));
        return List.copyOf(taken.values());
    }
}
