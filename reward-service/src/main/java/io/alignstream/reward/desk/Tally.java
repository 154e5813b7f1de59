package io.alignstream.reward.desk;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.stageruntime.kept.KeptState;
import io.alignstream.stageruntime.kept.KeptTable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/** How much is ranked, how often people could not judge, and what two or more have judged; guarded by the desk. */
final class Tally {

    private final Positions ordinary;
    private final Positions gold;
    private final KeptTable keptAbstentions;
    private final Map<String, Integer> abstentions = new TreeMap<>();
    /** By when the second judgement came. */
    private final KeptTable keptShared;
    /** Requests that two or more have judged, the newest by when the second judgement came, with the number of that. */
    private final SequencedMap<String, Long> shared = new LinkedHashMap<>();

    private long arrivals;

    Tally(KeptState state) {
        this.ordinary = new Positions(state, "desk.positions");
        this.gold = new Positions(state, "desk.positions.gold");
        this.keptAbstentions = state.table("desk.abstentions");
        this.keptShared = state.table("desk.shared");
    }

    void restore() {
        ordinary.restore();
        gold.restore();
        abstentions.clear();
        keptAbstentions.forEach((cause, times) -> abstentions.put(new String(cause, StandardCharsets.UTF_8), (int)
                ByteBuffer.wrap(times).getLong()));
        shared.clear();
        keptShared.forEach((arrival, id) -> {
            long number = ByteBuffer.wrap(arrival).getLong();
            shared.put(new String(id, StandardCharsets.UTF_8), number);
            arrivals = number + 1;
        });
    }

    void save() {
        ordinary.save();
        gold.save();
    }

    /** Takes in what {@code of} counts from now on. */
    void add(Asked of, Counted counted) {
        if (!counted.judges()) {
            abstained(counted.cause(), 1);
        } else if (of.isGold()) {
            gold.add(counted);
        } else {
            ordinary.add(counted);
            if (of.judgements() > 1 && !shared.containsKey(of.id())) {
                keptShared.put(key(arrivals), of.id().getBytes(StandardCharsets.UTF_8));
                shared.put(of.id(), arrivals);
                arrivals++;
            }
            if (shared.size() > RankingDesk.MAX_COMPARED) {
                keptShared.remove(key(shared.pollFirstEntry().getValue()));
            }
        }
    }

    /** Takes back what {@code of} counts no more. */
    void remove(Asked of, Counted counted) {
        if (!counted.judges()) {
            abstained(counted.cause(), -1);
        } else if (of.isGold()) {
            gold.remove(counted);
        } else {
            ordinary.remove(counted);
            if (of.judgements() < 2) {
                Long arrival = shared.remove(of.id());
                if (arrival != null) {
                    keptShared.remove(key(arrival));
                }
            }
        }
    }

    private static byte[] key(long arrival) {
        return ByteBuffer.allocate(Long.BYTES).putLong(arrival).array();
    }

    private void abstained(String cause, int more) {
        int times = abstentions.getOrDefault(cause, 0) + more;
        if (times > 0) {
            abstentions.put(cause, times);
            keptAbstentions.put(cause, times);
        } else {
            abstentions.remove(cause);
            keptAbstentions.remove(cause);
        }
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
    List<String> shared() {
        return List.copyOf(shared.sequencedKeySet());
    }
}
