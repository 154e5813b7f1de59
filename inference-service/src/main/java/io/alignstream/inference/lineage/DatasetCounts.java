package io.alignstream.inference.lineage;

import io.alignstream.contracts.CleanDocument;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Document;
import io.alignstream.contracts.Instruction;
import io.alignstream.contracts.Ranking;
import io.alignstream.contracts.Topic;
import io.alignstream.inference.lineage.AnswerLineage.Counts;
import io.alignstream.inference.lineage.AnswerLineage.Group;
import io.alignstream.stageruntime.JobContext;
import io.alignstream.stageruntime.Origin;
import io.alignstream.stageruntime.kafka.KafkaReaders;
import io.alignstream.stageruntime.kafka.SnapshotReader;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Counts what frozen topic ranges hold; thread-safe.
 *
 * <p>A range never changes, so it is counted once; one range at a time, however many ask.
 */
@ApplicationScoped
public class DatasetCounts {

    /** Records that are read of a range: a beginning that is counted in a second or two. */
    private static final int MOST_RECORDS = 100_000;

    private static final int MOST_VALUES = 50;
    /** Of the events that are shown of a range, after which no further one is begun: documents may be as large as books. */
    private static final long SHOWN_BYTES = 1 << 20;

    private static final int REMEMBERED = 256;

    private final KafkaReaders readers;
    private final Object showing = new Object();
    private final Map<DatasetSnapshot, Counts> counted = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<DatasetSnapshot, Counts> eldest) {
            return size() > REMEMBERED;
        }
    };

    DatasetCounts(KafkaReaders readers) {
        this.readers = readers;
    }

    /**
     * An event of a range.
     *
     * @param event null for a tombstone
     */
    public record Entry(int partition, long offset, Optional<String> key, Optional<Object> event) {}

    /** The topic of {@code snapshot} whose events people can read; empty for token batches and unknown ones. */
    static Optional<Topic<?>> topic(DatasetSnapshot snapshot) {
        return Topic.ALL.stream()
                .filter(topic -> topic != Topic.TOKEN_BATCHES)
                .filter(topic -> topic.name().equals(snapshot.topic()))
                .findFirst();
    }

    /** The first {@code most} events of a range, fewer where they are large; one range at a time, however many ask. */
    <T> List<Entry> first(Topic<T> topic, DatasetSnapshot snapshot, int most) {
        synchronized (showing) {
            return read(topic, snapshot, most);
        }
    }

    private <T> List<Entry> read(Topic<T> topic, DatasetSnapshot snapshot, int most) {
        long[] shown = {0};
        try (Stream<JobContext.Entry<T>> entries = SnapshotReader.read(topic, snapshot, readers.open())) {
            return entries.limit(most)
                    .takeWhile(entry -> {
                        boolean room = shown[0] < SHOWN_BYTES;
                        shown[0] += size(topic, entry.event());
                        return room;
                    })
                    .map(entry -> new Entry(
                            entry.origin().partition(),
                            entry.origin().offset(),
                            entry.origin().key(),
                            Optional.ofNullable(entry.event())))
                    .toList();
        }
    }

    private static <T> long size(Topic<T> topic, @Nullable T event) {
        return event == null ? 0 : topic.record(event, "shown").value().length;
    }

    /** What {@code snapshot} holds. */
    synchronized <T> Counts of(Topic<T> topic, DatasetSnapshot snapshot) {
        Counts known = counted.get(snapshot);
        if (known == null) {
            known = count(topic, snapshot);
            counted.put(snapshot, known);
        }
        return known;
    }

    private <T> Counts count(Topic<T> topic, DatasetSnapshot snapshot) {
        Map<String, Map<String, String>> labels = new HashMap<>();
        long[] read = {0};
        try (Stream<JobContext.Entry<T>> entries = SnapshotReader.read(topic, snapshot, readers.open())) {
            entries.limit(MOST_RECORDS).forEach(entry -> {
                read[0]++;
                T event = entry.event();
                String key = event == null ? entry.origin().key().orElse("") : topic.key(event);
                if (event == null || isAbstention(event)) {
                    labels.remove(key);
                } else {
                    labels.put(key, labels(event, entry.origin()));
                }
            });
        }
        Map<String, Group> by = new TreeMap<>();
        labels.values().stream()
                .flatMap(one -> one.keySet().stream())
                .distinct()
                .forEach(name -> by.put(name, group(labels.values().stream().map(one -> one.get(name)))));
        return new Counts(labels.size(), read[0] < MOST_RECORDS, by);
    }

    /** A ranking without an order says that its annotator could not judge. */
    private static boolean isAbstention(Object event) {
        return event instanceof Ranking ranking && ranking.order().isEmpty();
    }

    private static Map<String, String> labels(Object event, Origin origin) {
        return switch (event) {
            case Ranking ranking -> Map.of("annotator", ranking.annotator(), "guideline", ranking.guidelineVersion());
            case Document document -> Map.of("source", document.source());
            case CleanDocument document -> Map.of("source", document.source());
            case Instruction instruction ->
                Map.of("source", instruction.tags().getOrDefault("source", publisher(origin)));
            default -> Map.of("source", publisher(origin));
        };
    }

    private static String publisher(Origin origin) {
        return origin.header("ce_source").orElse("unknown");
    }

    private static Group group(Stream<String> values) {
        List<Map.Entry<String, Long>> sorted = values
                .collect(Collectors.groupingBy(Function.identity(), TreeMap::new, Collectors.counting()))
                .entrySet()
                .stream()
                .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
                .toList();
        LinkedHashMap<String, Long> largest = new LinkedHashMap<>();
        sorted.stream().limit(MOST_VALUES).forEach(entry -> largest.put(entry.getKey(), entry.getValue()));
        return new Group(
                largest,
                sorted.stream().skip(MOST_VALUES).mapToLong(Map.Entry::getValue).sum());
    }
}
