package io.alignstream.local.pipeline;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.Topic;
import io.alignstream.local.site.KafkaConnection;
import io.alignstream.local.site.LaunchException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Which documents are in the topic {@code documents}; for one thread.
 *
 * <p>The topic is the truth. A file in the data folder keeps the hashes of what has been read of it, so that the next
 * load reads only what has come since. If the file is missing, damaged or of another topic, or if the topic has lost what
 * was read last (a broker whose power failed may lose what it has acknowledged), everything is read again: a new history
 * begins. Memory and disk: 16 and 8 bytes a document.
 */
final class PublishedDocuments implements AutoCloseable {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration POLL = Duration.ofMillis(200);
    /** Longer than the broker lets an open transaction, of whomever, hide what comes after it. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final Path hashes;
    private final Path position;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final List<TopicPartition> partitions;
    private final LongHashSet known = new LongHashSet();
    private Position read;
    private boolean loaded;

    /** The last document that was read of a partition. */
    private record Last(long offset, long hash) {}

    /**
     * What the file of hashes covers.
     *
     * @param topicId of the topic that was read
     * @param history since when it has been read without finding that it lost something
     * @param count hashes that count; the file may hold more if a write was cut off
     * @param last by partition
     */
    private record Position(String topicId, String history, long count, Map<Integer, Last> last) {}

    private PublishedDocuments(Path folder, KafkaConnection connection, String topicId) {
        hashes = folder.resolve("published-documents.bin");
        position = folder.resolve("published-documents.json");
        read = new Position(topicId, UUID.randomUUID().toString(), 0, Map.of());
        consumer = new KafkaConsumer<>(
                connection.with(Map.of("isolation.level", "read_committed")),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
        partitions = consumer.partitionsFor(Topic.DOCUMENTS.name()).stream()
                .map(info -> new TopicPartition(info.topic(), info.partition()))
                .toList();
    }

    /** Takes up what {@code folder} remembers, if the topic still holds it. */
    static PublishedDocuments open(Path folder, KafkaConnection connection, String topicId) {
        PublishedDocuments published = new PublishedDocuments(folder, connection, topicId);
        try {
            published
                    .remembered()
                    .filter(remembered -> remembered.topicId().equals(topicId))
                    .filter(published::holds)
                    .ifPresent(remembered -> published.read = remembered);
            published.seek();
            return published;
        } catch (IOException e) {
            published.close();
            throw new LaunchException("Cannot read " + published.position + ": " + e.getMessage(), e);
        } catch (RuntimeException e) {
            published.close();
            throw e;
        }
    }

    /** Names the time since which nothing that was read of the topic got lost. */
    String history() {
        return read.history();
    }

    /** Takes note of a record that will be published; returns whether it has not been before. */
    boolean add(byte[] key, byte[] value) {
        return known.add(hash(key, value));
    }

    /**
     * Reads what the topic holds besides, and remembers it.
     *
     * @param published by partition the offset of the last record that was published here, up to which is read at least
     */
    void catchUp(Map<Integer, Long> published) {
        try (FileChannel file = FileChannel.open(
                hashes, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            if (!loaded) {
                load(file);
                loaded = true;
            }
            file.truncate(read.count() * Long.BYTES).position(read.count() * Long.BYTES);
            Map<TopicPartition, Long> ends = new HashMap<>(consumer.endOffsets(partitions));
            published.forEach((partition, offset) ->
                    ends.merge(new TopicPartition(Topic.DOCUMENTS.name(), partition), offset + 1, Math::max));
            Map<Integer, Last> last = new TreeMap<>(read.last());
            long count = read.count();
            long heardAt = System.nanoTime();
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                var records = consumer.poll(POLL);
                ByteBuffer out = ByteBuffer.allocate(records.count() * Long.BYTES);
                records.forEach(record -> {
                    if (record.key() != null && record.value() != null) {
                        long hash = hash(record.key(), record.value());
                        known.add(hash);
                        out.putLong(hash);
                        last.put(record.partition(), new Last(record.offset(), hash));
                    }
                });
                out.flip();
                count += out.remaining() / Long.BYTES;
                while (out.hasRemaining()) {
                    file.write(out);
                }
                heardAt = records.isEmpty() ? heardAt : System.nanoTime();
                requireHeard(heardAt);
            }
            file.force(true);
            read = new Position(read.topicId(), read.history(), count, Map.copyOf(last));
            Path temporary = position.resolveSibling(position.getFileName() + ".tmp");
            JSON.writeValue(temporary.toFile(), read);
            Files.move(temporary, position, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new LaunchException("Cannot read or write " + hashes + ": " + e.getMessage(), e);
        }
    }

    private static void requireHeard(long heardAt) {
        if (System.nanoTime() - heardAt > PATIENCE.toNanos()) {
            throw new TimeoutException("the topic does not give what it holds, for " + PATIENCE.toSeconds()
                    + " s; another publisher may have left a transaction open");
        }
    }

    private Optional<Position> remembered() throws IOException {
        if (!Files.isRegularFile(position) || !Files.isRegularFile(hashes)) {
            return Optional.empty();
        }
        Position remembered;
        try {
            remembered = JSON.readValue(position.toFile(), Position.class);
        } catch (IOException e) {
            return Optional.empty(); // damaged: the topic tells everything
        }
        boolean complete = remembered.history() != null
                && remembered.last() != null
                && Files.size(hashes) >= remembered.count() * Long.BYTES;
        return complete ? Optional.of(remembered) : Optional.empty();
    }

    /** Whether the last documents that were read are in their places: then all before them are, too. */
    private boolean holds(Position remembered) {
        Map<TopicPartition, Long> begins = consumer.beginningOffsets(partitions);
        Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
        return remembered.last().entrySet().stream().allMatch(entry -> {
            TopicPartition partition = new TopicPartition(Topic.DOCUMENTS.name(), entry.getKey());
            Last last = entry.getValue();
            return last.offset() < ends.getOrDefault(partition, 0L)
                    && last.offset() >= begins.getOrDefault(partition, 0L)
                    && holds(partition, last);
        });
    }

    private boolean holds(TopicPartition partition, Last last) {
        consumer.assign(List.of(partition));
        consumer.seek(partition, last.offset());
        long heardAt = System.nanoTime();
        while (consumer.position(partition) <= last.offset()) {
            for (var record : consumer.poll(POLL)) {
                return record.offset() == last.offset()
                        && record.key() != null
                        && record.value() != null
                        && hash(record.key(), record.value()) == last.hash();
            }
            requireHeard(heardAt);
        }
        return false; // what was committed there is gone, or has become part of an aborted transaction
    }

    private void seek() {
        consumer.assign(partitions);
        consumer.seekToBeginning(partitions);
        read.last()
                .forEach((partition, last) ->
                        consumer.seek(new TopicPartition(Topic.DOCUMENTS.name(), partition), last.offset() + 1));
    }

    private void load(FileChannel file) throws IOException {
        ByteBuffer in = ByteBuffer.allocate(1 << 20);
        long left = read.count();
        while (left > 0 && file.read(in) >= 0) {
            in.flip();
            while (left > 0 && in.remaining() >= Long.BYTES) {
                known.add(in.getLong());
                left--;
            }
            in.compact();
        }
    }

    @Override
    public void close() {
        consumer.close();
    }

    /** 64 bits of key and value: two of a billion documents share one with a probability of 3 %. */
    private static long hash(byte[] key, byte[] value) {
        return fold(fold(0x9E3779B97F4A7C15L, key), value);
    }

    private static long fold(long seed, byte[] bytes) {
        long hash = seed + bytes.length;
        ByteBuffer in = ByteBuffer.wrap(bytes);
        while (in.remaining() >= Long.BYTES) {
            hash = mix(hash ^ in.getLong());
        }
        long rest = 0;
        while (in.hasRemaining()) {
            rest = rest << 8 | in.get() & 0xFF;
        }
        return mix(hash ^ rest);
    }

    private static long mix(long value) {
        long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** A growing set of well-spread longs. */
    private static final class LongHashSet {
        private long[] slots = new long[1024];
        private boolean zero;
        private int size;

        boolean add(long value) {
            if (value == 0) {
                boolean added = !zero;
                zero = true;
                size += added ? 1 : 0;
                return added;
            }
            if (size * 2 >= slots.length) {
                long[] old = slots;
                slots = new long[Math.multiplyExact(old.length, 2)];
                for (long each : old) {
                    if (each != 0) {
                        slots[slot(each)] = each;
                    }
                }
            }
            int slot = slot(value);
            if (slots[slot] == value) {
                return false;
            }
            slots[slot] = value;
            size++;
            return true;
        }

        private int slot(long value) {
            int slot = (int) value & (slots.length - 1);
            while (slots[slot] != 0 && slots[slot] != value) {
                slot = (slot + 1) & (slots.length - 1);
            }
            return slot;
        }
    }
}
