package io.alignstream.tokenizer.packing;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.DatasetSnapshot.PartitionRange;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.contracts.rights.BrokerUser;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.CheckpointStore.Holding;
import io.alignstream.languagemodel.checkpoint.CheckpointStore.Holdings;
import io.alignstream.training.Lineage;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was packed for tokenizers that another one has replaced: their token batches, and what Kafka Streams keeps to go on
 * packing for them. Thread-safe.
 *
 * <p>It goes when a base model on the newest tokenizer is finished, its grace is over and no run works on another
 * tokenizer's batches any more. What says how far was packed goes first, then the batches: whoever comes back to an old
 * tokenizer packs everything anew. That can happen at any moment, so which tokenizer is the newest is asked again before each
 * deletion, and packings of tokenizers that nobody knows are left alone.
 */
public final class ReplacedPackings {

    private static final Logger LOG = LoggerFactory.getLogger(ReplacedPackings.class);
    private static final int ID_LENGTH = BrokerUser.PACKING.length() + 12;
    private static final int TIMEOUT_SECONDS = 10;

    private final Admin admin;
    private final CheckpointStore store;
    private final Duration grace;
    private final Duration unfinished;
    private final InstantSource clock;

    /**
     * Those of a broker and a store.
     *
     * @param grace time between the first base model on the newest tokenizer and the end of what was packed for others
     * @param unfinished how long a run without a result counts as one that somebody works on
     */
    public ReplacedPackings(
            Admin admin, CheckpointStore store, Duration grace, Duration unfinished, InstantSource clock) {
        this.admin = admin;
        this.store = store;
        this.grace = grace;
        this.unfinished = unfinished;
        this.clock = clock;
    }

    /**
     * Deletes what is due.
     *
     * @param tokenizers reads those that documents were packed with from their topic, the newest last
     * @return application ids of the packings whose state is deleted
     * @throws ExecutionException if the brokers refuse something, or fail
     */
    public Set<String> collect(Supplier<List<TrainedTokenizer>> tokenizers)
            throws IOException, InterruptedException, ExecutionException, TimeoutException {
        Known known = new Known(tokenizers.get());
        if (known.replaced().isEmpty()) {
            return Set.of();
        }
        Map<Integer, Long> needed = needed(known.newest().reference());
        if (needed.isEmpty() || isAnyActive(known.replaced())) {
            return Set.of();
        }
        Set<String> deleted = new TreeSet<>();
        Map<String, List<String>> topics = topics();
        topics.keySet().retainAll(known.replaced());
        for (Map.Entry<String, List<String>> packing : topics.entrySet()) {
            if (!known.equals(new Known(tokenizers.get())) || isAnyActive(Set.of(packing.getKey()))) {
                return deleted;
            }
            await(admin.deleteTopics(packing.getValue()).all());
            deleteGroup(packing.getKey());
            deleted.add(packing.getKey());
            LOG.info("deleted how far was packed for a replaced tokenizer: application={}", packing.getKey());
        }
        Map<TopicPartition, RecordsToDelete> batches = before(needed);
        if (!batches.isEmpty() && known.equals(new Known(tokenizers.get())) && !isAnyActive(known.replaced())) {
            await(admin.deleteRecords(batches).all());
            LOG.info("deleted what was packed for replaced tokenizers: batches={}", batches);
        }
        return deleted;
    }

    /** The tokenizers that documents were packed with, the newest last. */
    private record Known(List<TrainedTokenizer> tokenizers) {

        TrainedTokenizer newest() {
            return tokenizers.getLast();
        }

        /** Application ids of the packings for those before the newest. */
        Set<String> replaced() {
            return tokenizers.stream()
                    .filter(tokenizer -> !tokenizer.sha256().equals(newest().sha256()))
                    .map(tokenizer -> PackingTopology.applicationId(tokenizer.sha256()))
                    .collect(Collectors.toSet());
        }
    }

    /** The batches before those that are {@code needed}; none as long as nobody knows where these begin. */
    private Map<TopicPartition, RecordsToDelete> before(Map<Integer, Long> needed)
            throws InterruptedException, ExecutionException, TimeoutException {
        Map<TopicPartition, Long> begins = offsets(OffsetSpec.earliest());
        Map<TopicPartition, Long> ends = offsets(OffsetSpec.latest());
        Map<TopicPartition, RecordsToDelete> before = new HashMap<>();
        for (Map.Entry<TopicPartition, Long> begin : begins.entrySet()) {
            Long first = needed.get(begin.getKey().partition());
            if (first == null && begin.getValue() < ends.getOrDefault(begin.getKey(), 0L)) {
                return Map.of(); // the newest tokenizer's batches may begin anywhere there
            }
            if (first != null && first > begin.getValue()) {
                before.put(begin.getKey(), RecordsToDelete.beforeOffset(first));
            }
        }
        return before;
    }

    /** Topics of packings by their application id. */
    private Map<String, List<String>> topics() throws InterruptedException, ExecutionException, TimeoutException {
        return await(admin.listTopics().names()).stream()
                .filter(topic -> topic.startsWith(BrokerUser.PACKING) && topic.length() > ID_LENGTH)
                .collect(Collectors.groupingBy(
                        topic -> topic.substring(0, ID_LENGTH), TreeMap::new, Collectors.toList()));
    }

    /** Whether some instance still packs for one of them. */
    private boolean isAnyActive(Set<String> applications)
            throws InterruptedException, ExecutionException, TimeoutException {
        for (var described :
                admin.describeConsumerGroups(applications).describedGroups().values()) {
            try {
                GroupState state = await(described).groupState();
                if (state != GroupState.EMPTY && state != GroupState.DEAD) {
                    return true;
                }
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof GroupIdNotFoundException)) {
                    throw e;
                }
            }
        }
        return false;
    }

    /**
     * Where the batches begin that are needed, by partition; empty as long as all of them may be.
     *
     * @param tokenizer the newest one
     */
    private Map<Integer, Long> needed(Reference tokenizer) throws IOException {
        Instant now = clock.instant();
        List<Holding> models = new ArrayList<>();
        for (String run : store.runs(Stage.PRETRAIN)) {
            Holdings holdings = store.holdings(Stage.PRETRAIN, run);
            boolean own = holdings.checkpoints().stream().allMatch(holding -> isOf(tokenizer, holding));
            if (!own
                    && !holdings.complete()
                    && holdings.lastSign().plus(unfinished).isAfter(now)) {
                return Map.of();
            }
            if (own) {
                holdings.checkpoints().stream()
                        .filter(holding -> holding.manifest().complete())
                        .forEach(models::add);
            }
        }
        if (models.stream().noneMatch(model -> !model.written().plus(grace).isAfter(now))) {
            return Map.of();
        }
        Map<Integer, Long> begins = new HashMap<>();
        for (Holding model : models) {
            for (DatasetSnapshot dataset : model.manifest().datasets()) {
                if (dataset.topic().equals(Topic.TOKEN_BATCHES.name())) {
                    for (PartitionRange range : dataset.partitions()) {
                        begins.merge(range.partition(), range.begin(), Math::min);
                    }
                }
            }
        }
        return begins;
    }

    private static boolean isOf(Reference tokenizer, Holding holding) {
        Reference own = holding.manifest().parents().get(Lineage.TOKENIZER);
        return own != null && own.sha256().equals(tokenizer.sha256());
    }

    private Map<TopicPartition, Long> offsets(OffsetSpec spec)
            throws InterruptedException, ExecutionException, TimeoutException {
        String topic = Topic.TOKEN_BATCHES.name();
        Map<TopicPartition, OffsetSpec> asked =
                await(admin.describeTopics(Set.of(topic)).allTopicNames()).values().stream()
                        .flatMap(described -> described.partitions().stream())
                        .collect(Collectors.toMap(
                                partition -> new TopicPartition(topic, partition.partition()), partition -> spec));
        return await(admin.listOffsets(asked).all()).entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey, entry -> entry.getValue().offset()));
    }

    private void deleteGroup(String application) throws InterruptedException, ExecutionException, TimeoutException {
        try {
            await(admin.deleteConsumerGroups(Set.of(application)).all());
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof GroupIdNotFoundException)) {
                throw e;
            }
        }
    }

    private static <T> T await(KafkaFuture<T> asked) throws InterruptedException, ExecutionException, TimeoutException {
        return asked.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    }
}
