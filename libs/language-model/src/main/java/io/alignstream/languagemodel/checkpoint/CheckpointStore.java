package io.alignstream.languagemodel.checkpoint;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.capacity.Capacity;
import io.alignstream.languagemodel.capacity.FolderCache;
import io.alignstream.languagemodel.capacity.StoreFullException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Keeps checkpoints by content; thread-safe, also across processes that use the same root.
 *
 * <p>A checkpoint exists when its manifest does, and the manifest is written last. Saving is create-only: the same
 * content again gives the same reference. Nothing is ever changed, only pruned, and files that nobody needs are removed.
 *
 * {@snippet :
 * try (CheckpointStore store = CheckpointStore.open(URI.create("file:/data/checkpoints"), cache)) {
 *     Reference reference = store.save(Manifest.draft(Stage.SFT, run, step), folder ->
 *             Safetensors.write(folder.resolve("model.safetensors"), tensors, Map.of()));
 *     Path model = store.open(reference).folder();
 *     Optional<StoredCheckpoint> resumeFrom = store.newest(Stage.SFT, run);
 * }
 * }
 */
public interface CheckpointStore extends AutoCloseable {

    /**
     * Opens the store at {@code root}, creating its folder if need be.
     *
     * @param root {@code file:/folder} or {@code s3://bucket/prefix}
     * @param cache folder for local copies of remote checkpoints; unused for {@code file:}
     */
    static CheckpointStore open(URI root, Path cache) throws IOException {
        return open(root, cache, new Capacity(Capacity.UNBOUNDED), FolderCache.UNBOUNDED);
    }

    /**
     * The same with bounds.
     *
     * @param capacity of the whole store
     * @param cacheBytes most bytes of local copies, {@link FolderCache#UNBOUNDED} for no bound
     */
    static CheckpointStore open(URI root, Path cache, Capacity capacity, long cacheBytes) throws IOException {
        return switch (root.getScheme()) {
            case "file" -> FileCheckpointStore.open(Path.of(root.getPath()), capacity);
            case "s3" -> S3CheckpointStore.open(root, cache, capacity, cacheBytes);
            case null, default ->
                throw new IllegalArgumentException(
                        "the store's root must be file:/folder or s3://bucket/prefix but is " + root);
        };
    }

    /** A store of its own below this one's root, for what is kept beside the checkpoints; closed with this one. */
    CheckpointStore below(String name);

    /** Writes a checkpoint's files. */
    @FunctionalInterface
    interface Content {

        /** Writes plain files (no folders, no links, no {@code manifest.json}) into the empty {@code folder}. */
        void write(Path folder) throws IOException;
    }

    /**
     * Makes the caller the owner of a run: who owned it before can change nothing of it any more, whenever it wakes up.
     *
     * <p>The unfinished checkpoints pass to the new owner under names of its own, so that not even a deletion that was
     * under way elsewhere hits one of them.
     */
    Lease claim(Stage stage, String run) throws IOException;

    /**
     * Checks that nobody has claimed the run since.
     *
     * @throws LeaseLostException if somebody has
     */
    void requireHeld(Lease lease) throws IOException;

    /** Lets others see that the owner is alive; as {@link #requireHeld} besides. */
    void renew(Lease lease) throws IOException;

    /** What the owner of a run last said of itself, which changes as long as it is alive; empty if it never had one. */
    Optional<Owner> owner(Stage stage, String run) throws IOException;

    /**
     * Saves a checkpoint of a run with an owner; when this returns, it outlives a crash of process and machine.
     *
     * @param draft everything but the files, which are hashed here
     * <p>Where there is no room, what nobody needs is deleted ({@link Capacity#relieveBy}) and the content written once more.
     *
     * @throws LeaseLostException if the run has another owner by now; nothing of it is left then
     * @throws StoreFullException if there is no room, on the disk or below the quota; nothing of it is left then
     * @throws IOException if it cannot be saved; nothing of it is left then
     */
    Reference save(Lease lease, Manifest draft, Content content) throws IOException;

    /** Saves a checkpoint of a run that nobody owns: one that comes to be in one go. As the other otherwise. */
    Reference save(Manifest draft, Content content) throws IOException;

    /**
     * Makes {@code complete} the result of its run, unless it has one: where two owners have both finished a run, with
     * other bits on another processor, one result counts for ever.
     *
     * @return the run's result
     * @throws LeaseLostException if the run has another owner by now
     */
    Reference settle(Lease lease, Reference complete) throws IOException;

    /**
     * Checks a checkpoint byte for byte and hands out its folder, after downloading it if it is remote.
     *
     * @throws DamagedCheckpointException if it is missing or differs from what the reference promises
     * @throws DamagedCheckpointException.Removed if its files were {@link #remove removed}
     */
    StoredCheckpoint open(Reference reference) throws IOException;

    /**
     * The manifest of a checkpoint, without a look at its other files: for overviews.
     *
     * @throws DamagedCheckpointException if it is missing or differs from what the reference promises
     */
    Manifest manifest(Reference reference) throws IOException;

    /**
     * The manifests of a run's checkpoints, its result first, then the newest step first, without a look at the files: for
     * overviews.
     *
     * <p>A checkpoint whose manifest is damaged is left out with a warning in the log.
     */
    SequencedMap<Reference, Manifest> manifests(Stage stage, String run) throws IOException;

    /**
     * The valid checkpoints of a run, in the order of {@link #manifests}, each opened: all their bytes are read, remote ones downloaded.
     *
     * <p>A damaged one is left out with a warning in the log.
     */
    List<StoredCheckpoint> list(Stage stage, String run) throws IOException;

    /** The first of {@link #list}, where a run resumes; opens no more checkpoints than it has to. */
    Optional<StoredCheckpoint> newest(Stage stage, String run) throws IOException;

    /** Ids of the runs of a stage, sorted. */
    List<String> runs(Stage stage) throws IOException;

    /**
     * Deletes unfinished checkpoints of a run; complete ones stay.
     *
     * @param keep how many of the newest valid ones stay
     * @param alsoKept manifest hashes of others that stay
     * @throws LeaseLostException if the run has another owner by now, who needs what was not deleted
     */
    void prune(Lease lease, int keep, Set<String> alsoKept) throws IOException;

    /**
     * Deletes the unfinished checkpoints of a run of later steps than {@code step}, newest first, so that a run that is
     * resumed at any moment finds a checkpoint whose predecessors are all there.
     *
     * @throws LeaseLostException if the run has another owner by now, who needs what was not deleted
     */
    void rewind(Lease lease, long step) throws IOException;

    /** Why something may soon be removed. */
    enum Mark {
        /** Nobody needs the model. */
        UNUSED,
        /** Nobody continues its training. */
        SPENT
    }

    /**
     * A checkpoint as it lies there, with whatever is left of it.
     *
     * @param result false for a finished one that another of its run has been preferred to
     * @param files sizes of those that are there, by name, the manifest not counted
     * @param written when its manifest was, by the store's clock
     * @param marks since when it has them
     */
    record Holding(
            Reference reference,
            Manifest manifest,
            boolean result,
            SortedMap<String, Long> files,
            Instant written,
            Map<Mark, Instant> marks) {

        public Holding {
            files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
            marks = Map.copyOf(marks);
        }

        /** Bytes of the files that are there. */
        public long bytes() {
            return files.values().stream().mapToLong(Long::longValue).sum();
        }
    }

    /**
     * Everything of a run, its checkpoints in the order of {@link #manifests}, the damaged ones left out.
     *
     * @param lastSign when the run's owner last showed that it lives, or a checkpoint came, by the store's clock
     */
    record Holdings(Stage stage, String run, Instant lastSign, List<Holding> checkpoints) {

        public Holdings {
            checkpoints = List.copyOf(checkpoints);
        }

        /** Whether the run has come to its end. */
        public boolean complete() {
            return checkpoints.stream().anyMatch(holding -> holding.manifest().complete());
        }
    }

    /** What is there of a run. */
    Holdings holdings(Stage stage, String run) throws IOException;

    /** Marks a checkpoint, or takes the mark away; what is marked already keeps its time. */
    void mark(Reference reference, Mark mark, boolean marked) throws IOException;

    /**
     * As {@link #claim}, but only if nobody has worked on the run since {@code time}; who claims it in the same moment goes
     * first. The unfinished checkpoints stay where they are.
     */
    Optional<Lease> claimIdle(Stage stage, String run, Instant time) throws IOException;

    /** Gives up what was claimed {@link #claimIdle while nobody worked on it}: the run is as idle as before. */
    void release(Lease lease) throws IOException;

    /**
     * Deletes files of a finished checkpoint and says so beside it; the manifest stays. A checkpoint without files cannot be
     * opened any more, one that lacks some can. Saving it again brings all of them back.
     *
     * @param files names of files of the manifest
     * @return how many bytes that were
     * @throws LeaseLostException if the run has another owner by now
     */
    long remove(Lease lease, Reference reference, Set<String> files) throws IOException;

    /** When the files of a checkpoint were removed; empty if they were not, or not all of them, or if they are back. */
    Optional<Instant> removed(Reference reference) throws IOException;

    /**
     * Deletes what processes that died have left half-done, and damaged checkpoints that were set aside before {@code time}; here
     * and in all stores {@link #below} this one. In a bucket, where nobody sees who is still at work, that is what has no manifest
     * when it is a day old.
     *
     * @return how many bytes of damaged checkpoints that were
     */
    long sweep(Instant time) throws IOException;

    /** Bytes of everything below the root but the {@link #reserve}, also where this is a store {@link #below} it. */
    long used() throws IOException;

    /** Name of what {@link #reserve} puts aside, below the root. */
    String RESERVE = ".reserve";

    /** Bytes of the reserve: some notes, and the blocks of a file system that they take. */
    int RESERVE_BYTES = 64 << 10;

    /**
     * Puts a little room aside, unless that was done before: whoever deletes writes notes first, which a store without room
     * does not take.
     */
    void reserve() throws IOException;

    /** Gives up what was put aside, for whoever writes next. Returns whether there was anything. */
    boolean giveUpReserve() throws IOException;

    @Override
    void close();
}
