package io.alignstream.tokenizer.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.CompactionStyle;
import org.rocksdb.FlushOptions;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Statistics;
import org.rocksdb.TickerType;
import org.rocksdb.WriteOptions;

class BoundedRocksDbMemoryTest {

    private static final int KEYS = 1_000_000;
    private static final int LOOKUPS = 2_000;
    private static final int FOUR_BLOCKS = 4 * 4_096;

    @TempDir
    private Path folder;

    /** A store of hashes is asked for keys that it does not have: what that reads must not grow with the store. */
    @Test
    void lookingForAnUnknownKeyReadsAFewBlocksOnly() throws RocksDBException {
        // Given
        BoundedRocksDbMemory setter = new BoundedRocksDbMemory();
        try (Options options = likeKafkaStreams();
                Statistics statistics = new Statistics();
                BloomFilter filter = new BloomFilter()) {
            BlockBasedTableConfig table = new BlockBasedTableConfig();
            table.setFilterPolicy(filter);
            options.setTableFormatConfig(table).setStatistics(statistics);
            setter.setConfig("first-of-key", options, Map.of());
            try (RocksDB store = RocksDB.open(options, folder.toString())) {
                SplittableRandom random = new SplittableRandom(1);
                fill(store, random);

                // When
                for (int i = 0; i < LOOKUPS; i++) {
                    assertThat(store.get(key(random.nextLong()))).isNull();
                }

                // Then
                long read = statistics.getTickerCount(TickerType.BLOCK_CACHE_BYTES_WRITE);
                assertThat(read).isLessThan((long) LOOKUPS * FOUR_BLOCKS);
            }
            setter.close("first-of-key", options);
        }
    }

    private static Options likeKafkaStreams() {
        return new Options().setCreateIfMissing(true).setCompactionStyle(CompactionStyle.UNIVERSAL);
    }

    private static void fill(RocksDB store, SplittableRandom random) throws RocksDBException {
        try (WriteOptions unlogged = new WriteOptions().setDisableWAL(true);
                FlushOptions flush = new FlushOptions()) {
            byte[] place = new byte[12];
            for (int i = 0; i < KEYS; i++) {
                store.put(unlogged, key(random.nextLong()), place);
            }
            store.flush(flush);
            store.compactRange();
        }
    }

    private static byte[] key(long hash) {
        return ByteBuffer.allocate(Long.BYTES).putLong(hash).array();
    }
}
