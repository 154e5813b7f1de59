package io.alignstream.reward.desk;

import io.alignstream.contracts.DatasetSnapshot;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** How much is ranked, how often people could not judge, and what two or more have judged; guarded by the desk. */
final class Tally {

    private final Positions ordinary = new Positions();
    private final Positions gold = new Positions();
    private final Map<String, Integer> abstentions = new TreeMap<>();
    /** Requests that two or more have judged, the newest by when the second judgement came. */
    private final SequencedMap<String, Asked> shared = new LinkedHashMap<>();

    /** Takes in what {@code of} counts from now on. */
    void add(Asked of, Counted counted) {
        if (!counted.judges()) {
            abstentions.merge(cause(counted), 1, Integer::sum);
        } else if (of.isGold()) {
            gold.add(counted);
        } else {
            ordinary.add(counted);
            if (of.judgements() > 1) {
                shared.putIfAbsent(of.request().requestId(), of);
            }
            if (shared.size() > RankingDesk.MAX_COMPARED) {
                shared.pollFirstEntry();
            }
        }
    }

    /** Takes back what {@code of} counts no more. */
    void remove(Asked of, Counted counted) {
        if (!counted.judges()) {
            abstentions.computeIfPresent(cause(counted), Tally::less);
        } else if (of.isGold()) {
            gold.remove(counted);
        } else {
            ordinary.remove(counted);
            if (of.judgements() < 2) {
                shared.remove(of.request().requestId());
            }
        }
    }

    private static String cause(Counted abstained) {
        return Objects.requireNonNull(abstained.ranking().abstention()).cause().id();
    }

    private static @Nullable Integer less(String cause, Integer times) {
        return times > 1 ? times - 1 : null;
    }

    /** Rankings that count for training and stand in none of {@code datasets}. */
    int besides(List<DatasetSnapshot> datasets) {
        return ordinary.besides(datasets);
    }

    /** Judgements of gold requests that stand in none of {@code datasets}. */
    int goldBesides(List<DatasetSnapshot> datasets) {
        return gold.besides(datasets);
    }

    /** How often people could not judge, by cause. */
    Map<String, Integer> abstentions() {
        return abstentions;
    }

    /** Requests that two or more have judged, at most {@value RankingDesk#MAX_COMPARED}, the newest last. */
    SequencedMap<String, Asked> shared() {
        return shared;
    }
}
