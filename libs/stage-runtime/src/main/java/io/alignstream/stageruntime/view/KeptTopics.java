package io.alignstream.stageruntime.view;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.stageruntime.kept.KeptState;
import io.alignstream.stageruntime.kept.KeptStateException;
import io.alignstream.stageruntime.kept.KeptTable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * How far the topics were read, on disk together with what the handlers made of them; for the reader's thread.
 *
 * <p>Kept is what belongs together or nothing: where a topic is another one than then, has lost records that were read, or is
 * handled in another way, everything is read again.
 */
final class KeptTopics {

    private static final Logger LOG = Logger.getLogger(KeptTopics.class);
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration PERIOD = Duration.ofSeconds(1);
    /** So many changes wait for the next commit, at most; they lie in memory. */
    private static final int MOST_PENDING = 20_000;
    /** Of this class's own tables. */
    private static final int FORMAT = 1;

    private static final String VERSION = "version";

    private final KeptState state;
    private final TopicView view;
    private final DeferredEvents deferred;
    private final TopicIdentities identities;
    private final KeptTable meta;
    private final KeptTable topics;
    private final KeptTable waiting;
    private final Timer period = new Timer(PERIOD);
    private final Map<TopicPartition, Long> positions = new HashMap<>();
    private final List<ConsumerRecord<byte[], byte[]>> wereWaiting = new ArrayList<>();
    private boolean restored;
    private boolean changed;

    KeptTopics(KeptState state, TopicView view, DeferredEvents deferred, TopicIdentities identities) {
        this.state = state;
        this.view = view;
        this.deferred = deferred;
        this.identities = identities;
        this.meta = state.table("reader");
        this.topics = state.table("reader.topics");
        this.waiting = state.table("reader.waiting");
    }

    /**
     * Restores what was kept, once; whatever does not fit to the topics is forgotten.
     *
     * @param begins of all partitions that there are
     * @param ends of the same
     * @return false while a topic is missing of which something is kept: it may come back
     */
    boolean restore(Map<TopicPartition, Long> begins, Map<TopicPartition, Long> ends) {
        if (restored) {
            return true;
        }
        Map<String, FollowedTopic.Kept> kept;
        try {
            kept = read();
        } catch (IOException | RuntimeException e) {
            if (e instanceof KeptStateException damaged) {
                throw damaged;
            }
            kept = forget("it cannot be read: " + e.getMessage());
        }
        if (!kept.keySet().stream().allMatch(name -> begins.keySet().stream()
                .anyMatch(partition -> partition.topic().equals(name)))) {
            return false;
        }
        String fault = fault(kept, begins, ends);
        if (fault != null) {
            kept = forget(fault);
        }
        try {
            restore(kept);
        } catch (KeptStateException e) {
            throw e;
        } catch (RuntimeException e) { // what is half restored cannot be taken back
            throw state.unreadable(e);
        }
        meta.put(VERSION, version().getBytes(StandardCharsets.UTF_8));
        restored = true;
        return true;
    }

    private void restore(Map<String, FollowedTopic.Kept> kept) {
        for (FollowedTopic<?> topic : view.followed()) {
            if (topic.isKept()) {
                topic.restore(kept.get(topic.topic().name()));
            }
        }
        kept.forEach((name, topic) -> topic.partitions()
                .forEach(partition ->
                        positions.put(new TopicPartition(name, partition.range().partition()), partition.position())));
        waiting.forEach((key, record) -> wereWaiting.add(KeptRecord.decode(record)));
    }

    private Map<String, FollowedTopic.Kept> read() throws IOException {
        Map<String, FollowedTopic.Kept> kept = new TreeMap<>();
        byte[] version = meta.get(VERSION);
        if (version == null) {
            return kept;
        }
        if (!new String(version, StandardCharsets.UTF_8).equals(version())) {
            return forget("this version of the service makes something else of the topics");
        }
        Map<String, byte[]> all = new TreeMap<>();
        topics.forEach((name, value) -> all.put(new String(name, StandardCharsets.UTF_8), value));
        for (Map.Entry<String, byte[]> topic : all.entrySet()) {
            kept.put(topic.getKey(), JSON.readValue(topic.getValue(), FollowedTopic.Kept.class));
        }
        return kept;
    }

    private String version() {
        StringBuilder version = new StringBuilder().append(FORMAT);
        view.followed().stream().filter(FollowedTopic::isKept).forEach(topic -> version.append('\n')
                .append(topic.version()));
        return version.toString();
    }

    private Map<String, FollowedTopic.Kept> forget(String why) {
        LOG.warnf("What was kept of the topics does not fit any more, they are read from the beginning: %s", why);
        state.clear();
        return Map.of();
    }

    /** Why what is kept does not fit to the topics; null if it does. */
    private @Nullable String fault(
            Map<String, FollowedTopic.Kept> kept, Map<TopicPartition, Long> begins, Map<TopicPartition, Long> ends) {
        for (Map.Entry<String, FollowedTopic.Kept> topic : kept.entrySet()) {
            if (!identities.id(topic.getKey()).equals(topic.getValue().id())) {
                return "topic " + topic.getKey() + " was made anew";
            }
            for (FollowedTopic.KeptPartition partition : topic.getValue().partitions()) {
                TopicPartition place =
                        new TopicPartition(topic.getKey(), partition.range().partition());
                if (begins.getOrDefault(place, Long.MAX_VALUE)
                        > partition.range().begin()) {
                    return "records of " + place + " were deleted that had been read";
                }
                if (ends.getOrDefault(place, 0L) < partition.position()) {
                    return place + " has lost its end";
                }
            }
        }
        return null;
    }

    /** The first offset of {@code partition} that was not read; null if it is to be read from its beginning. */
    @Nullable
    Long position(TopicPartition partition) {
        return positions.get(partition);
    }

    /** The records that were read and waited for what they refer to when the service ended; once. */
    List<ConsumerRecord<byte[], byte[]>> takeWaiting() {
        List<ConsumerRecord<byte[], byte[]>> taken = List.copyOf(wereWaiting);
        wereWaiting.clear();
        return taken;
    }

    /** A record waits from now on for what it refers to. */
    void waits(FollowedTopic<?> topic, ConsumerRecord<byte[], byte[]> record) {
        if (topic.isKept()) {
            waiting.put(KeptRecord.key(record), KeptRecord.encode(record));
        }
    }

    /** A record that waited is taken in or given up. */
    void settled(FollowedTopic<?> topic, ConsumerRecord<byte[], byte[]> record) {
        if (topic.isKept()) {
            waiting.remove(KeptRecord.key(record));
        }
    }

    /** Records were read, taken in or given up. */
    void changed() {
        changed = true;
    }

    /**
     * Commits every now and then, where something has changed; all records that were read are taken in, refused or waiting.
     * A comparison may have changed tables, too.
     */
    void commitWhenDue(Consumer<byte[], byte[]> consumer) {
        int pending = state.pending();
        if (pending > MOST_PENDING || ((changed || pending > 0) && period.due())) {
            commit(consumer);
        }
    }

    /** Takes everything that was read to the disk. */
    void commit(Consumer<byte[], byte[]> consumer) {
        if (!restored) {
            return;
        }
        Map<String, Map<Integer, Long>> read = new HashMap<>();
        for (TopicPartition partition : consumer.assignment()) {
            read.computeIfAbsent(partition.topic(), name -> new HashMap<>())
                    .put(partition.partition(), consumer.position(partition));
        }
        for (FollowedTopic<?> topic : view.followed()) {
            String name = topic.topic().name();
            if (topic.isKept() && read.containsKey(name)) {
                FollowedTopic.Kept kept = topic.save(
                        identities.id(name),
                        read.getOrDefault(name, Map.of()),
                        partition -> deferred.firstOffset(new TopicPartition(name, partition)));
                topics.put(name, json(kept));
            }
        }
        state.commit();
        changed = false;
    }

    private static byte[] json(FollowedTopic.Kept kept) {
        try {
            return JSON.writeValueAsBytes(kept);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write down how far the topics were read", e);
        }
    }
}
