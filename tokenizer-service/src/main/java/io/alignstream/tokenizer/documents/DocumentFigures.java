package io.alignstream.tokenizer.documents;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;

/**
 * A view of what {@link DocumentStatistics} has counted, over all partitions of one instance; immutable.
 *
 * @param counts counters by name; those of single clusters are left out
 * @param samples kind → samples
 * @param clusters the largest groups of duplicates: name of the first document → the group
 */
public record DocumentFigures(
        Map<String, Long> counts,
        Map<String, List<DocumentStatistics.Sample>> samples,
        SequencedMap<String, Cluster> clusters) {

    /** Before the first document. */
    public static final DocumentFigures NONE = new DocumentFigures(Map.of(), Map.of(), new LinkedHashMap<>());

    private static final int LARGEST = 10;

    /**
     * Documents that are duplicates of one.
     *
     * @param duplicates how many were dropped
     */
    record Cluster(long duplicates, String excerpt) {}

    /** Reads the stores of a running application. */
    public static DocumentFigures read(KafkaStreams streams) {
        ReadOnlyKeyValueStore<String, Long> counts = streams.store(StoreQueryParameters.fromNameAndType(
                DocumentStatistics.COUNTS, QueryableStoreTypes.<String, Long>keyValueStore()));
        ReadOnlyKeyValueStore<String, byte[]> samples = streams.store(StoreQueryParameters.fromNameAndType(
                DocumentStatistics.SAMPLES, QueryableStoreTypes.<String, byte[]>keyValueStore()));
        Map<String, Long> sums = new TreeMap<>();
        // Names before and after those of the clusters, of which there may be millions.
        add(counts, "", DocumentStatistics.CLUSTER, sums);
        add(counts, DocumentStatistics.CLUSTER + Character.MAX_VALUE, String.valueOf(Character.MAX_VALUE), sums);
        Map<String, List<DocumentStatistics.Sample>> bySort = new TreeMap<>();
        Map<String, Cluster> clusters = new TreeMap<>();
        try (var all = samples.all()) {
            all.forEachRemaining(entry -> {
                DocumentStatistics.Sample sample = DocumentStatistics.Sample.decode(entry.value);
                if (entry.key.startsWith(DocumentStatistics.CLUSTER)) {
                    Long count = counts.get(entry.key);
                    clusters.merge(
                            entry.key.substring(DocumentStatistics.CLUSTER.length()),
                            new Cluster(count == null ? 0 : count, sample.excerpt()),
                            (one, other) -> new Cluster(one.duplicates() + other.duplicates(), one.excerpt()));
                } else {
                    String sort = entry.key.substring(0, entry.key.lastIndexOf('/'));
                    List<DocumentStatistics.Sample> ofSort = bySort.computeIfAbsent(sort, name -> new ArrayList<>());
                    if (ofSort.size() < DocumentStatistics.SAMPLES_KEPT) {
                        ofSort.add(sample);
                    }
                }
            });
        }
        SequencedMap<String, Cluster> largest = new LinkedHashMap<>();
        clusters.entrySet().stream()
                .sorted((one, other) -> Long.compare(
                        other.getValue().duplicates(), one.getValue().duplicates()))
                .limit(LARGEST)
                .forEach(entry -> largest.put(entry.getKey(), entry.getValue()));
        return new DocumentFigures(sums, bySort, largest);
    }

    /** The counter called {@code name}, 0 if nothing was counted. */
    public long count(String name) {
        return counts.getOrDefault(name, 0L);
    }

    private static void add(ReadOnlyKeyValueStore<String, Long> store, String from, String to, Map<String, Long> sums) {
        try (var range = store.range(from, to)) {
            range.forEachRemaining(entry -> {
                if (!entry.key.startsWith(DocumentStatistics.CLUSTER)) {
                    sums.merge(entry.key, entry.value, Long::sum);
                }
            });
        }
    }
}
