package io.alignstream.local.report;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.local.pipeline.Chain;
import io.alignstream.local.pipeline.Registry;
import io.alignstream.local.pipeline.TopicLog;
import io.alignstream.local.site.KafkaConnection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * What the reward model was trained with.
 *
 * @param recorded rankings of answers that were written down
 * @param sampled rankings of answers that an SFT model has sampled
 */
public record LearnedRankings(int recorded, int sampled) {

    /** Those in the datasets of the reward model of {@code chain}; none if it has no reward model. */
    public static LearnedRankings of(Chain chain, KafkaConnection connection) {
        List<DatasetSnapshot> datasets = Optional.ofNullable(chain.delivered().get(Stage.REWARD))
                .map(Registry.Entry::event)
                .map(reward -> reward.datasets())
                .orElse(List.of());
        Set<String> ofModels = new HashSet<>();
        read(Topic.RANKING_REQUESTS, datasets, connection, request -> {
            if (request.model() != null) {
                ofModels.add(request.requestId());
            }
        });
        Set<String> recorded = new HashSet<>();
        Set<String> sampled = new HashSet<>();
        read(Topic.RANKINGS, datasets, connection, ranking -> (ofModels.contains(ranking.requestId())
                        ? sampled
                        : recorded)
                .add(Topic.RANKINGS.key(ranking)));
        return new LearnedRankings(recorded.size(), sampled.size());
    }

    private static <T> void read(
            Topic<T> topic, List<DatasetSnapshot> datasets, KafkaConnection connection, Consumer<T> events) {
        List<DatasetSnapshot.PartitionRange> ranges = datasets.stream()
                .filter(dataset -> dataset.topic().equals(topic.name()))
                .flatMap(dataset -> dataset.partitions().stream())
                .toList();
        try (TopicLog log = new TopicLog(connection, List.of(topic.name()))) {
            log.readToEnd(record -> {
                if (ranges.stream()
                        .anyMatch(range -> range.partition() == record.partition() && record.offset() < range.end())) {
                    decoded(topic, record).ifPresent(events);
                }
            });
        }
    }

    /** Empty if it withdraws an event, or stands in the dead letters. */
    private static <T> Optional<T> decoded(Topic<T> topic, ConsumerRecord<byte[], byte[]> record) {
        try {
            return record.value() == null ? Optional.empty() : Optional.of(topic.decode(record));
        } catch (PoisonEventException e) {
            return Optional.empty();
        }
    }
}
