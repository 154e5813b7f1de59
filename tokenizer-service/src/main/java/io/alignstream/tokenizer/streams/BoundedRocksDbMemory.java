package io.alignstream.tokenizer.streams;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Cache;
import org.rocksdb.IndexType;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBufferManager;

/**
 * Keeps all state stores of the process together below 32 MiB outside the heap: Kafka Streams' defaults are 50 MB of
 * block cache and 48 MB of write buffers for each store and partition.
 */
public final class BoundedRocksDbMemory implements RocksDBConfigSetter {

    private static final long TOTAL = 32L << 20;
    private static final long WRITE_BUFFERS = 12L << 20;
    /** Shards would be smaller than what has to fit in. */
    private static final int ONE_SHARD = 0;

    private static final double FOR_INDEX_AND_FILTERS = 0.5;
    private static final long METADATA_BLOCK = 4L << 10;
    private static final Cache CACHE;
    private static final WriteBufferManager BUFFERS;

    static {
        RocksDB.loadLibrary();
        CACHE = new LRUCache(TOTAL, ONE_SHARD, false, FOR_INDEX_AND_FILTERS);
        BUFFERS = new WriteBufferManager(WRITE_BUFFERS, CACHE);
    }

    @Override
    public void setConfig(String storeName, Options options, Map<String, Object> configs) {
        BlockBasedTableConfig table = (BlockBasedTableConfig) options.tableFormatConfig();
        table.setBlockCache(CACHE);
        // One filter for a whole file grows beyond the cache with the file, and is then read anew for each key.
        table.setIndexType(IndexType.kTwoLevelIndexSearch);
        table.setPartitionFilters(true);
        table.setMetadataBlockSize(METADATA_BLOCK);
        table.setCacheIndexAndFilterBlocks(true);
        table.setCacheIndexAndFilterBlocksWithHighPriority(true);
        table.setPinTopLevelIndexAndFilter(true);
        options.setWriteBufferManager(BUFFERS);
        options.setWriteBufferSize(4L << 20);
        options.setMaxWriteBufferNumber(2);
        options.setTableFormatConfig(table);
    }

    @Override
    public void close(String storeName, Options options) {
        // The cache and the buffers are shared by all stores and live as long as the process.
    }
}
