package io.alignstream.local.pipeline;

import com.fasterxml.jackson.databind.json.JsonMapper;
import io.alignstream.contracts.Topic;
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
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Which documents are in the topic {@code documents}; for one thread.
 *
 * <p>The topic is the truth. A file in the data folder keeps the hashes of what has been read of it, so that the next
 * load reads only what has come since; if the file is missing, damaged or of another topic, everything is read again.
 * Memory and disk: 16 and 8 bytes a document.
 */
final class PublishedDocuments {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Duration POLL = Duration.ofMillis(200);

    private final Path hashes;
    private final Path position;
    private final LongHashSet known = new LongHashSet();

    /**
     * What the file of hashes covers.
     *
     * @param topicId of the topic that was read
     * @param count hashes that count; the file may hold more if a write was cut off
     * @param offsets partition → first offset that was not read
     */
    private record Position(String topicId, long count, Map<Integer, Long> offsets) {}

    private PublishedDocuments(Path folder) {
        hashes = folder.resolve("published-documents.bin");
        position = folder.resolve("published-documents.json");
    }

    /** Reads what {@code folder} remembers and what the topic holds besides. */
    static PublishedDocuments open(Path folder, String bootstrapServers, String topicId) {
        PublishedDocuments published = new PublishedDocuments(folder);
        try {
            published.catchUp(bootstrapServers, topicId);
            return published;
        } catch (IOException e) {
            throw new LaunchException("Cannot read or write " + published.hashes + ": " + e.getMessage(), e);
        }
    }

    /** Takes note of a record that will be published; returns whether it has not been before. */
    boolean add(byte[] key, byte[] value) {
        return known.add(hash(key, value));
    }

    /** How many documents are known. */
    int size() {
        return known.size();
    }

    private void catchUp(String bootstrapServers, String topicId) throws IOException {
        Position last = load(topicId);
        Map<Integer, Long> offsets = new TreeMap<>(last.offsets());
        long count = last.count();
        try (FileChannel file = FileChannel.open(hashes, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                        Map.of("bootstrap.servers", bootstrapServers, "isolation.level", "read_committed"),
                        new ByteArrayDeserializer(),
                        new ByteArrayDeserializer())) {
            file.truncate(count * Long.BYTES).position(count * Long.BYTES);
            List<TopicPartition> partitions = consumer.partitionsFor(Topic.DOCUMENTS.name()).stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            consumer.assign(partitions);
            partitions.forEach(
                    each -> consumer.seek(each, new OffsetAndMetadata(offsets.getOrDefault(each.partition(), 0L))));
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                var records = consumer.poll(POLL);
                ByteBuffer out = ByteBuffer.allocate(records.count() * Long.BYTES);
                records.forEach(record -> {
                    if (record.key() != null && record.value() != null) {
                        long hash = hash(record.key(), record.value());
                        if (known.add(hash)) {
                            out.putLong(hash);
                        }
                    }
                });
                out.flip();
                count += out.remaining() / Long.BYTES;
                while (out.hasRemaining()) {
                    file.write(out);
                }
            }
            file.force(true);
            partitions.forEach(each -> offsets.put(each.partition(), consumer.position(each)));
        }
        Path temporary = position.resolveSibling(position.getFileName() + ".tmp");
        JSON.writeValue(temporary.toFile(), new Position(topicId, count, offsets));
        Files.move(temporary, position, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** What the files remember of the topic; nothing if they are not about it. */
    private Position load(String topicId) throws IOException {
        Position nothing = new Position(topicId, 0, new HashMap<>());
        if (!Files.isRegularFile(position) || !Files.isRegularFile(hashes)) {
            return nothing;
        }
        Position last;
        try {
            last = JSON.readValue(position.toFile(), Position.class);
        } catch (IOException e) {
            return nothing; // damaged: the topic tells everything
        }
        if (!last.topicId().equals(topicId) || Files.size(hashes) < last.count() * Long.BYTES) {
            return nothing;
        }
        try (FileChannel file = FileChannel.open(hashes, StandardOpenOption.READ)) {
            ByteBuffer in = ByteBuffer.allocate(1 << 20);
            long left = last.count();
            while (left > 0 && file.read(in) >= 0) {
                in.flip();
                while (left > 0 && in.remaining() >= Long.BYTES) {
                    known.add(in.getLong());
                    left--;
                }
                in.compact();
            }
        }
        return last;
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

        int size() {
            return size;
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
