package io.alignstream.reward.desk;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Topic;
import io.alignstream.stageruntime.kept.KeptBitSets;
import io.alignstream.stageruntime.kept.KeptState;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Where the rankings that count stand in their topic: a bit each, so that those since a dataset are counted at once. */
final class Positions {

    /** By partition. */
    private final KeptBitSets positions;

    Positions(KeptState state, String name) {
        this.positions = new KeptBitSets(state, name);
    }

    void restore() {
        positions.restore();
    }

    void save() {
        positions.save();
    }

    void add(Counted counted) {
        positions.set(Integer.toString(counted.partition()), Math.toIntExact(counted.offset()));
    }

    void remove(Counted counted) {
        positions.clear(Integer.toString(counted.partition()), Math.toIntExact(counted.offset()));
    }

    /** By partition, the first position of {@link Topic#RANKINGS} that {@code datasets} do not hold. */
    static Map<Integer, Long> ends(List<DatasetSnapshot> datasets) {
        Map<Integer, Long> ends = new HashMap<>();
        datasets.stream()
                .filter(dataset -> dataset.topic().equals(Topic.RANKINGS.name()))
                .flatMap(dataset -> dataset.partitions().stream())
                .forEach(range -> ends.merge(range.partition(), range.end(), Math::max));
        return ends;
    }

    /** Number of positions that {@code datasets} do not hold. */
    int besides(List<DatasetSnapshot> datasets) {
        Map<Integer, Long> ends = ends(datasets);
        int besides = 0;
        for (String partition : positions.names()) {
            BitSet there = positions.get(partition);
            int from = (int) Math.min(there.length(), ends.getOrDefault(Integer.valueOf(partition), 0L));
            besides += from == 0
                    ? there.cardinality()
                    : there.get(from, there.length()).cardinality();
        }
        return besides;
    }
}
