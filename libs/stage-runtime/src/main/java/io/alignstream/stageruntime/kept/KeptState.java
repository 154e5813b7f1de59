package io.alignstream.stageruntime.kept;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.CompressionType;
import org.rocksdb.Filter;
import org.rocksdb.IndexType;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Status;
import org.rocksdb.WriteBatchWithIndex;
import org.rocksdb.WriteBufferManager;
import org.rocksdb.WriteOptions;

/**
 * Tables of bytes in a folder, whose changes reach the disk together: a process that is killed leaves those of the last
 * {@link #commit}. Thread-safe.
 *
 * <p>What stands here can be read from the topics again, so a folder that is damaged is emptied. Memory is bounded, whatever
 * the tables hold, and lies outside of the heap.
 */
public final class KeptState implements AutoCloseable {

    private static final Logger LOG = Logger.getLogger(KeptState.class);

    /** Tables whose names begin so are no view of the topics, and stay when the others are emptied: small ones. */
    public static final String LASTING = "lasting.";

    /** Bytes of blocks, indexes, filters and write buffers, all together. */
    private static final long MEMORY = 96L << 20;

    private static final long WRITE_BUFFERS = 48L << 20;
    private static final long WRITE_BUFFER = 16L << 20;
    private static final long METADATA_BLOCK = 4L << 10;
    private static final int BITS_PER_KEY = 10;

    static {
        RocksDB.loadLibrary();
    }

    private final Path folder;
    private final boolean temporary;
    private final Cache cache = new LRUCache(MEMORY, 0, false, 0.5);
    private final WriteBufferManager buffers = new WriteBufferManager(WRITE_BUFFERS, cache);
    private final Filter filter = new BloomFilter(BITS_PER_KEY);
    private final Options options = options();
    private final ReadOptions reading = new ReadOptions();
    // Without fsync: when the machine dies the state is that of an earlier commit, and the topics are read from there.
    private final WriteOptions writing = new WriteOptions().setSync(false);
    private final WriteBatchWithIndex batch = new WriteBatchWithIndex(true);
    private @Nullable RocksDB db;

    private KeptState(Path folder, boolean temporary) {
        this.folder = folder;
        this.temporary = temporary;
    }

    /**
     * Opens what {@code folder} holds; empty if it holds nothing, or what it holds is damaged.
     *
     * @throws IllegalStateException if another process has it open
     * @throws UncheckedIOException if the folder cannot be made, read or written
     */
    public static KeptState in(Path folder) {
        KeptState state = new KeptState(folder, false);
        state.open();
        return state;
    }

    /** Nothing, in a folder that is gone when this is closed. */
    public static KeptState temporary() {
        try {
            KeptState state = new KeptState(Files.createTempDirectory("alignstream-views"), true);
            state.open();
            return state;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Options options() {
        return new Options()
                .setCreateIfMissing(true)
                .setWriteBufferManager(buffers)
                .setWriteBufferSize(WRITE_BUFFER)
                .setMaxWriteBufferNumber(3)
                .setCompressionType(CompressionType.LZ4_COMPRESSION)
                .setMaxOpenFiles(256)
                .setKeepLogFileNum(2)
                .setTableFormatConfig(new BlockBasedTableConfig()
                        .setBlockCache(cache)
                        .setFilterPolicy(filter)
                        // One filter for a whole file grows beyond the cache with the file.
                        .setIndexType(IndexType.kTwoLevelIndexSearch)
                        .setPartitionFilters(true)
                        .setMetadataBlockSize(METADATA_BLOCK)
                        .setCacheIndexAndFilterBlocks(true)
                        .setCacheIndexAndFilterBlocksWithHighPriority(true)
                        .setPinTopLevelIndexAndFilter(true));
    }

    private void open() {
        try {
            Files.createDirectories(folder);
            db = RocksDB.open(options, folder.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (RocksDBException e) {
            if (isHeld(e)) {
                throw new IllegalStateException(
                        "another process has " + folder + " open: give each service instance a folder of its own with"
                                + " alignstream.views.folder, or stop the other one",
                        e);
            }
            if (isOfTheSystem(e)) {
                throw new KeptStateException(folder, e);
            }
            LOG.warnf("What was kept in %s is damaged, all topics are read again: %s", folder, e.getMessage());
            empty();
        }
    }

    private static boolean isHeld(RocksDBException e) {
        String message = String.valueOf(e.getMessage());
        return code(e) == Status.Code.IOError
                && message.contains("lock")
                && (message.contains("hold by current process") || message.contains("temporarily unavailable"));
    }

    /** Whether the disk, and not what is on it, is the reason. */
    private static boolean isOfTheSystem(RocksDBException e) {
        String message = String.valueOf(e.getMessage());
        return code(e) == Status.Code.IOError
                && List.of("No space left", "Permission denied", "Too many open files", "Read-only").stream()
                        .anyMatch(message::contains);
    }

    private static Status.Code code(RocksDBException e) {
        return e.getStatus() == null ? Status.Code.Undefined : e.getStatus().getCode();
    }

    private void empty() {
        try {
            deleteFolder();
            Files.createDirectories(folder);
            db = RocksDB.open(options, folder.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (RocksDBException e) {
            throw new UncheckedIOException(new IOException("cannot keep anything in " + folder, e));
        }
    }

    private void deleteFolder() throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> files = Files.walk(folder)) {
                List<Path> deepestFirst =
                        files.sorted(Comparator.reverseOrder()).toList();
                for (Path file : deepestFirst) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    /** The table with this name, a word; one that has not been written to is empty. */
    public KeptTable table(String name) {
        return new KeptTable(this, (name + '\0').getBytes(StandardCharsets.UTF_8));
    }

    /** Empties all tables at once but the {@link #LASTING} ones, of which a process that dies in this moment leaves nothing. */
    public synchronized void clear() {
        RocksDB opened = opened();
        List<Map.Entry<byte[], byte[]>> lasting =
                entries(LASTING.getBytes(StandardCharsets.UTF_8), null, Integer.MAX_VALUE);
        batch.clear();
        opened.close();
        db = null;
        empty();
        lasting.forEach(entry -> put(entry.getKey(), entry.getValue()));
        commit();
    }

    /** How much has changed since the last commit: so many keys lie in memory until the next one. */
    public synchronized int pending() {
        return db == null ? 0 : batch.count();
    }

    /** Takes all changes since the last commit to the disk, or none of them. */
    public synchronized void commit() {
        try {
            opened().write(writing, batch);
            batch.clear();
        } catch (RocksDBException e) {
            throw failed(e);
        }
    }

    synchronized byte @Nullable [] get(byte[] key) {
        try {
            return batch.getFromBatchAndDB(opened(), reading, key);
        } catch (RocksDBException e) {
            throw failed(e);
        }
    }

    synchronized void put(byte[] key, byte[] value) {
        try {
            opened();
            batch.put(key, value);
        } catch (RocksDBException e) {
            throw failed(e);
        }
    }

    synchronized void remove(byte[] key) {
        try {
            opened();
            batch.delete(key);
        } catch (RocksDBException e) {
            throw failed(e);
        }
    }

    /** The first {@code most} entries whose keys begin with {@code prefix} and stand behind {@code last}, if that is given. */
    synchronized List<Map.Entry<byte[], byte[]>> entries(byte[] prefix, byte @Nullable [] last, int most) {
        try (RocksIterator kept = opened().newIterator(reading);
                RocksIterator all = batch.newIteratorWithBase(kept)) {
            List<Map.Entry<byte[], byte[]>> entries = new ArrayList<>();
            all.seek(last == null ? prefix : last);
            if (last != null && all.isValid() && Arrays.equals(all.key(), last)) {
                all.next();
            }
            for (; entries.size() < most && all.isValid() && startsWith(all.key(), prefix); all.next()) {
                entries.add(Map.entry(all.key(), all.value()));
            }
            all.status();
            return entries;
        } catch (RocksDBException e) {
            throw failed(e);
        }
    }

    private static boolean startsWith(byte[] key, byte[] prefix) {
        return key.length >= prefix.length && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length);
    }

    private RocksDB opened() {
        RocksDB opened = db;
        if (opened == null) {
            throw new KeptStateException(folder, new IllegalStateException("it is closed, the service is leaving"));
        }
        return opened;
    }

    private KeptStateException failed(RocksDBException e) {
        return code(e) == Status.Code.Corruption ? unreadable(e) : new KeptStateException(folder, e);
    }

    /** What is kept cannot be read; that is not met twice: the next start begins with an empty folder. */
    public KeptStateException unreadable(Exception cause) {
        try {
            Files.deleteIfExists(folder.resolve("CURRENT"));
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
        return new KeptStateException(folder, cause);
    }

    /** What has changed since the last commit is forgotten. */
    @Override
    public synchronized void close() {
        if (db != null) {
            db.close();
            db = null;
            batch.close();
            writing.close();
            reading.close();
            options.close();
            filter.close();
            buffers.close();
            cache.close();
            if (temporary) {
                try {
                    deleteFolder();
                } catch (IOException e) {
                    LOG.debugf("%s is left behind: %s", folder, e.getMessage());
                }
            }
        }
    }
}
