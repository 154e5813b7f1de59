package io.alignstream.reward.desk;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Topic;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Where the rankings that count stand in their topic: a bit each, so that those since a dataset are counted at once. */
final class Positions {

    private final Map<Integer, BitSet> byPartition = new HashMap<>();

    void add(Counted counted) {
        byPartition
                .computeIfAbsent(counted.partition(), partition -> new BitSet())
                .set(Math.toIntExact(counted.offset()));
    }

    void remove(Counted counted) {
        byPartition.getOrDefault(counted.partition(), new BitSet()).clear(Math.toIntExact(counted.offset()));
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
        for (Map.Entry<Integer, BitSet> partition : byPartition.entrySet()) {
            BitSet there = partition.getValue();
            int from = (int) Math.min(there.length(), ends.getOrDefault(partition.getKey(), 0L));
            besides += there.get(from, there.length()).cardinality();
        }
        return besides;
    }
}
