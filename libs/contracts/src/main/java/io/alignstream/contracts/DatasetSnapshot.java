package io.alignstream.contracts;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.alignstream.contracts.check.Check;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A dataset frozen as ranges of a data topic, so that it can be read again for ever by assign and seek.
 *
 * @param topic a data topic (never compacted)
 * @param partitions one range for each partition, in partition order
 * @param content {@link io.alignstream.contracts.hash.RecordsHash} of all records in the ranges: the same offsets of a topic that
 *     was created again may hold other records; null where nobody has read them
 */
public record DatasetSnapshot(
        String topic,
        List<PartitionRange> partitions,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String content) {

    public DatasetSnapshot {
        if (content != null) {
            Check.sha256("content", content);
        }
        Check.id("topic", topic);
        partitions = Check.list("partitions", partitions, 0, 100_000);
        Check.unique("partitions", partitions, PartitionRange::partition);
    }

    /** Ranges whose records nobody has read. */
    public DatasetSnapshot(String topic, List<PartitionRange> partitions) {
        this(topic, partitions, null);
    }

    /** Number of offsets covered; an upper bound of the number of records, as transaction markers take offsets too. */
    public long offsets() {
        return partitions.stream()
                .mapToLong(range -> range.end() - range.begin())
                .sum();
    }

    /**
     * Part of one partition.
     *
     * @param begin first offset
     * @param end offset after the last record (not after a trailing transaction marker)
     */
    public record PartitionRange(int partition, long begin, long end) {
        public PartitionRange {
            Check.atLeast("partition", partition, 0);
            Check.atLeast("begin", begin, 0);
            Check.atLeast("end", end, begin);
        }
    }
}
