package io.alignstream.stageruntime.job;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.alignstream.stageruntime.RunRecord;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The newest {@value #RUNS} runs of a stage with their curves, and the others of the last day without, a compressed file for each;
 * thread-safe.
 *
 * <p>It is for people's eyes and nothing depends on it: what cannot be written or read is logged and left out, and training
 * goes on.
 */
public final class RunHistory {

    /** Most runs that are remembered with their curves; the one that has not changed for longest goes first. */
    public static final int RUNS = 20;

    /** Most that are remembered without, for as long as they belong to the day. */
    static final int RUNS_OF_A_DAY = 2_000;

    private static final Duration DAY = Duration.ofHours(25);

    private static final Logger LOG = Logger.getLogger(RunHistory.class);
    private static final String SUFFIX = ".json.gz";
    private static final JsonMapper JSON = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private final @Nullable Path folder;
    /** By run; without their curves where those are on disk. */
    private final Map<String, RunRecord> runs = new HashMap<>();

    private RunHistory(@Nullable Path folder) {
        this.folder = folder;
    }

    /** What {@code folder} holds, which is made when there is something to keep. */
    public static RunHistory in(Path folder) {
        RunHistory history = new RunHistory(folder);
        history.readAll(folder);
        return history;
    }

    /** A history that ends with the process. */
    public static RunHistory inMemory() {
        return new RunHistory(null);
    }

    private synchronized void readAll(Path from) {
        if (!Files.isDirectory(from)) {
            return;
        }
        try (Stream<Path> files = Files.list(from)) {
            files.filter(file -> file.toString().endsWith(SUFFIX))
                    .forEach(file -> read(file).ifPresent(record -> runs.put(record.run(), record.told())));
        } catch (IOException e) {
            LOG.warnf("The charts of earlier runs cannot be listed: %s", e);
        }
    }

    /** The runs without their curves, the one that changed last first. */
    synchronized List<RunRecord> newest() {
        List<RunRecord> all = recent();
        return List.copyOf(all.subList(0, Math.min(RUNS, all.size())));
    }

    /** The same with all of the last day. */
    synchronized List<RunRecord> recent() {
        List<RunRecord> all = new ArrayList<>();
        runs.values().forEach(record -> all.add(record.told()));
        all.sort(Comparator.comparing(RunRecord::changed).reversed());
        return all;
    }

    /** A run with its curves; empty if it is not remembered. */
    synchronized Optional<RunRecord> find(String run) {
        RunRecord known = runs.get(run);
        if (known == null || folder == null) {
            return Optional.ofNullable(known);
        }
        return read(file(folder, run)).or(() -> Optional.of(known));
    }

    /** Remembers a run as it is now, in place of what was known of it. */
    synchronized void keep(RunRecord record) {
        runs.put(record.run(), folder == null ? record : record.told());
        if (folder != null) {
            write(folder, record);
        }
        List<RunRecord> all = recent();
        for (int place = RUNS; place < all.size(); place++) {
            RunRecord old = all.get(place);
            if (place >= RUNS_OF_A_DAY || old.changed().isBefore(Instant.now().minus(DAY))) {
                forget(old.run());
            } else if (place == RUNS) { // it has just lost its place among those with curves
                runs.put(old.run(), old.told());
                if (folder != null) {
                    write(folder, old.told());
                }
            }
        }
    }

    private void forget(String run) {
        runs.remove(run);
        if (folder != null) {
            try {
                Files.deleteIfExists(file(folder, run));
            } catch (IOException e) {
                LOG.warnf("The charts of run %s cannot be deleted: %s", run, e);
            }
        }
    }

    /** Whole or not at all: a process that is killed leaves the file as it was. */
    private static void write(Path folder, RunRecord record) {
        Path file = file(folder, record.run());
        Path draft = file.resolveSibling(file.getFileName() + ".draft");
        try {
            Files.createDirectories(folder);
            try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(draft))) {
                JSON.writeValue(out, record);
            }
            try {
                Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            LOG.warnf("The charts of run %s would not outlive a restart: %s", record.run(), e);
        }
    }

    private static Optional<RunRecord> read(Path file) {
        try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
            return Optional.of(JSON.readValue(in, RunRecord.class));
        } catch (IOException e) {
            LOG.warnf("The charts in %s cannot be read: %s", file, e);
            return Optional.empty();
        }
    }

    /** A run's id may hold what no file name may. */
    private static Path file(Path folder, String run) {
        return folder.resolve(UUID.nameUUIDFromBytes(run.getBytes(StandardCharsets.UTF_8)) + SUFFIX);
    }
}
