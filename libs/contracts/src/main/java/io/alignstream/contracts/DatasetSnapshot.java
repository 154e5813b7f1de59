package io.alignstream.contracts;

import io.alignstream.contracts.check.Check;
import java.util.List;

/**
 * A dataset frozen as ranges of a data topic, so that it can be read again for ever by assign and seek.
 *
 * @param topic a data topic (never compacted)
 * @param partitions one range for each partition, in partition order
 */
public record DatasetSnapshot(String topic, List<PartitionRange> partitions) {

    public DatasetSnapshot {
        Check.id("topic", topic);
        partitions = Check.list("partitions", partitions, 0, 100_000);
        Check.unique("partitions", partitions, PartitionRange::partition);
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
