package io.alignstream.languagemodel.checkpoint;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.languagemodel.capacity.Capacity;
import io.alignstream.languagemodel.capacity.FolderCache;
import io.alignstream.languagemodel.capacity.StoreFullException;
import io.alignstream.languagemodel.checkpoint.CheckpointFiles.IdentifiedManifest;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps checkpoints as objects {@code prefix/stage/run/step-hash/file} of a bucket of any S3 service; thread-safe.
 *
 * <p>The manifest is put last and deleted first. Saving a checkpoint that is there already puts the same bytes again,
 * which also heals damaged objects. What a process that died has left half-done is deleted when it is a day old. What is saved or opened stays as a verified copy in the cache folder, a {@link
 * FileCheckpointStore} of its own, until it is pruned, or others need the room and nobody uses it ({@link FolderCache}).
 */
public final class S3CheckpointStore extends VerifyingCheckpointStore {

    private static final Logger LOG = LoggerFactory.getLogger(S3CheckpointStore.class);
    /** Longer than any checkpoint takes to upload. */
    private static final Duration LEFT_ALONE = Duration.ofDays(1);

    private static final int COPY_ATTEMPTS = 3;

    private final S3Bucket bucket;
    private final String top;
    private final String prefix;
    private final URI address;
    private final FileCheckpointStore cache;
    private final FolderCache copies;
    private final Capacity capacity;
    private final Duration leftAlone;
    /** Hashes of the checkpoints whose bytes in the bucket this process knows. */
    private final Set<String> verified = ConcurrentHashMap.newKeySet();

    private final Set<Stage> swept = ConcurrentHashMap.newKeySet();

    private S3CheckpointStore(
            S3Bucket bucket,
            String top,
            String prefix,
            URI address,
            FileCheckpointStore cache,
            FolderCache copies,
            Capacity capacity,
            Duration leftAlone) {
        this.leftAlone = leftAlone;
        this.bucket = bucket;
        this.top = top;
        this.prefix = prefix;
        this.address = address;
        this.cache = cache;
        this.copies = copies;
        this.capacity = capacity;
    }

    /** Opens the store at {@code s3://bucket/prefix}; nothing is asked of the service yet. */
    static S3CheckpointStore open(URI root, Path cache, Capacity capacity, long cacheBytes) throws IOException {
        return open(root, cache, S3Bucket.PART_BYTES, LEFT_ALONE, capacity, cacheBytes);
    }

    /** @param leftAlone for how long what seems to be abandoned may be somebody's work */
    static S3CheckpointStore open(
            URI root, Path cache, int partBytes, Duration leftAlone, Capacity capacity, long cacheBytes)
            throws IOException {
        String bucket = root.getAuthority();
        if (bucket == null || root.getRawQuery() != null || root.getRawFragment() != null) {
            throw new IllegalArgumentException("the store's root must be s3://bucket/prefix but is " + root);
        }
        String prefix = root.getPath().replaceAll("^/+|/+$", "");
        prefix = prefix.isEmpty() ? "" : prefix + "/";
        return new S3CheckpointStore(
                S3Bucket.open(bucket, partBytes),
                prefix,
                prefix,
                URI.create("s3://" + bucket + "/" + prefix),
                FileCheckpointStore.open(cache),
                new FolderCache(cache.toAbsolutePath().normalize(), cacheBytes, path -> CheckpointName.of(path.toUri())
                        .isPresent()),
                capacity,
                leftAlone);
    }

    @Override
    Capacity capacity() {
        return capacity;
    }

    @Override
    public long used() throws IOException {
        SequencedMap<String, Long> sizes = bucket.sizes(top);
        sizes.remove(top + RESERVE);
        return sizes.values().stream().mapToLong(Long::longValue).sum();
    }

    @Override
    public void reserve() throws IOException {
        if (!bucket.sizes(top + RESERVE).isEmpty()) {
            return;
        }
        byte[] bytes = new byte[RESERVE_BYTES];
        ThreadLocalRandom.current().nextBytes(bytes);
        bucket.put(top + RESERVE, bytes);
    }

    @Override
    public boolean giveUpReserve() throws IOException {
        if (bucket.sizes(top + RESERVE).isEmpty()) {
            return false;
        }
        bucket.delete(top + RESERVE);
        return true;
    }

    @Override
    public CheckpointStore below(String name) {
        Manifest.requireName("name", name);
        return new S3CheckpointStore(
                bucket,
                top,
                prefix + name + "/",
                URI.create(address + name + "/"),
                cache.lower(name),
                copies,
                capacity,
                leftAlone);
    }

    @Override
    Reference save(@Nullable Lease lease, Manifest draft, Content content, long epoch) throws IOException {
        try (Scratch scratch = cache.scratch()) {
            try {
                IdentifiedManifest identified = CheckpointFiles.seal(address, scratch.folder(), draft, epoch, content);
                requireRoom(identified);
                upload(scratch.folder(), identified, lease);
                verified.add(identified.reference().sha256());
                copies.makeRoom(identified.reference().size());
                cache.publish(scratch.folder(), identified);
                if (lease != null) {
                    requireStillHeld(lease, identified.name());
                }
                return identified.reference();
            } catch (LeaseLostException | StoreFullException e) {
                throw e;
            } catch (IOException e) {
                throw cache.failed(draft, scratch.folder(), e);
            }
        }
    }

    private void upload(Path folder, IdentifiedManifest identified, @Nullable Lease lease) throws IOException {
        String key = key(identified.name());
        try {
            for (String file : identified.manifest().files().keySet()) {
                bucket.put(key + file, folder.resolve(file));
            }
            if (lease != null) {
                requireHeld(lease);
            }
        } catch (IOException e) {
            withdraw(identified.name(), e);
            throw e;
        }
        bucket.put(key + Manifest.FILE_NAME, folder.resolve(Manifest.FILE_NAME));
    }

    /** Half of it is of no use and takes room. Where others may put the same files, the sweep will delete it. */
    private void withdraw(CheckpointName name, IOException failure) {
        if (name.epoch() == 0) {
            return;
        }
        try {
            if (bucket.sizes(key(name)).containsKey(key(name) + Manifest.FILE_NAME)) {
                return; // it was there before
            }
            for (String key : bucket.sizes(key(name)).keySet()) {
                bucket.delete(key);
            }
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    @Override
    public StoredCheckpoint open(Reference reference) throws IOException {
        CheckpointName name = CheckpointName.of(reference);
        Path folder = copy(name, reference);
        IdentifiedManifest identified = CheckpointFiles.readManifest(address, folder, name);
        return new StoredCheckpoint(identified.reference(), identified.manifest(), folder);
    }

    /** A folder that stays as long as it is in use. */
    private Path copy(CheckpointName name, Reference reference) throws IOException {
        for (int attempt = 1; ; attempt++) {
            if (!isCached(reference)) {
                download(name, reference);
            }
            try {
                return copies.use(cache.folder(name));
            } catch (NoSuchFileException e) {
                if (attempt == COPY_ATTEMPTS) { // others made room each time, before it was in use
                    throw e;
                }
            }
        }
    }

    private boolean isCached(Reference reference) throws IOException {
        try {
            cache.open(reference);
            return true;
        } catch (DamagedCheckpointException e) {
            return false;
        }
    }

    private void download(CheckpointName name, Reference reference) throws IOException {
        IdentifiedManifest identified = manifest(name);
        CheckpointFiles.requireReference(identified, reference);
        // Before anything is downloaded, so that an object of a wrong size cannot fill the disk.
        Set<String> there = requireSizes(identified);
        copies.makeRoom(reference.size());
        try (Scratch scratch = cache.scratch()) {
            for (Map.Entry<String, Manifest.FileEntry> entry :
                    identified.manifest().files().entrySet()) {
                if (!there.contains(entry.getKey())) {
                    continue;
                }
                Path file = scratch.folder().resolve(entry.getKey());
                download(key(name) + entry.getKey(), file, entry.getValue());
            }
            Files.write(scratch.folder().resolve(Manifest.FILE_NAME), identified.json());
            verified.add(reference.sha256());
            copyRemoval(identified);
            cache.publish(scratch.folder(), identified);
        } catch (DamagedCheckpointException e) {
            throw e;
        } catch (IOException e) {
            throw cache.cannotCopy(name, e);
        }
    }

    /** The copy lacks what the original lacks, and says so. */
    private void copyRemoval(IdentifiedManifest identified) throws IOException {
        Manifest manifest = identified.manifest();
        Optional<Removal> removal = removal(manifest.stage(), manifest.run(), identified.sha256());
        if (removal.isPresent()) {
            cache.keepRemoval(manifest.stage(), manifest.run(), identified.sha256(), removal.get());
        }
    }

    private void download(String key, Path file, Manifest.FileEntry expected) throws IOException {
        try {
            bucket.get(key, file);
        } catch (NoSuchFileException e) {
            throw new DamagedCheckpointException(bucket.uri(key) + " is missing", e);
        }
        CheckpointFiles.sync(file);
        String sha256 = Sha256.hex(file);
        if (!sha256.equals(expected.sha256())) {
            throw new DamagedCheckpointException(
                    bucket.uri(key) + " has sha256 " + sha256 + " but the manifest says " + expected.sha256());
        }
    }

    /** The files that are there. */
    private Set<String> requireSizes(IdentifiedManifest identified) throws IOException {
        String folder = key(identified.name());
        Map<String, Long> sizes = bucket.sizes(folder);
        Set<String> there = new HashSet<>(identified.manifest().files().keySet());
        there.removeIf(file -> !sizes.containsKey(folder + file));
        Set<String> absent = there.size() == identified.manifest().files().size() ? Set.of() : absent(identified);
        for (Map.Entry<String, Manifest.FileEntry> entry :
                identified.manifest().files().entrySet()) {
            String key = folder + entry.getKey();
            Long size = sizes.get(key);
            if (size == null && absent.contains(entry.getKey())) {
                continue;
            }
            if (size == null) {
                throw new DamagedCheckpointException(bucket.uri(key) + " is missing");
            }
            if (size != entry.getValue().size()) {
                throw new DamagedCheckpointException(bucket.uri(key) + " has " + size + " bytes but the manifest says "
                        + entry.getValue().size());
            }
        }
        return there;
    }

    /**
     * Reads every byte of a checkpoint that this process has neither put nor read: older ones are deleted because this one
     * is there. Of others the sizes are looked at: what the service has confirmed with its hash, it guards.
     */
    @Override
    void verify(Reference reference) throws IOException {
        CheckpointName name = CheckpointName.of(reference);
        if (!verified.contains(reference.sha256())) {
            download(name, reference); // whatever the cache holds
            return;
        }
        IdentifiedManifest identified = manifest(name);
        CheckpointFiles.requireReference(identified, reference);
        requireSizes(identified);
    }

    /** Besides, once for each stage, deletes what processes that died while saving or deleting have left. */
    @Override
    public void prune(Lease lease, int keep, Set<String> alsoKept) throws IOException {
        super.prune(lease, keep, alsoKept);
        if (swept.add(lease.stage())) {
            sweepBelow(prefix + lease.stage().id() + "/");
        }
    }

    /** Who is still at work on something that was begun so long ago has died, or will put it again. */
    private void sweepBelow(String folder) throws IOException {
        Instant time = Instant.now().minus(leftAlone);
        int uploads = bucket.abortUploads(folder, time);
        Map<String, Map<String, Instant>> checkpoints = new LinkedHashMap<>();
        bucket.objectsBelow(folder).forEach((key, object) -> {
            String checkpoint = key.substring(0, key.lastIndexOf('/') + 1);
            if (CheckpointName.ofPath(checkpoint).isPresent()) {
                checkpoints
                        .computeIfAbsent(checkpoint, name -> new LinkedHashMap<>())
                        .put(key, object.written());
            }
        });
        checkpoints
                .values()
                .removeIf(files -> files.keySet().stream().anyMatch(key -> key.endsWith("/" + Manifest.FILE_NAME))
                        || files.values().stream().anyMatch(put -> !put.isBefore(time)));
        for (Map<String, Instant> abandoned : checkpoints.values()) {
            for (String key : abandoned.keySet()) {
                bucket.delete(key);
            }
        }
        if (uploads + checkpoints.size() > 0) {
            LOG.atInfo()
                    .addKeyValue("folder", bucket.uri(folder))
                    .addKeyValue("uploads", uploads)
                    .addKeyValue("checkpoints", checkpoints.size())
                    .log("Deleted what processes that died have left half-done in the bucket");
        }
    }

    @Override
    IdentifiedManifest manifest(CheckpointName name) throws IOException {
        String key = key(name) + Manifest.FILE_NAME;
        try {
            return CheckpointFiles.parseManifest(address, bucket.get(key, Manifest.MAX_BYTES), name, bucket.uri(key));
        } catch (NoSuchFileException e) {
            throw new DamagedCheckpointException(
                    bucket.uri(key(name)) + " is no checkpoint: it has no " + Manifest.FILE_NAME, e);
        }
    }

    @Override
    List<CheckpointName> names(Stage stage, String run) throws IOException {
        return bucket.folders(prefix + stage.id() + "/" + run + "/").stream()
                .map(folder -> CheckpointName.parse(stage, run, folder))
                .flatMap(Optional::stream)
                .toList();
    }

    @Override
    public List<String> runs(Stage stage) throws IOException {
        return bucket.folders(prefix + stage.id() + "/").stream()
                .filter(run -> run.matches(Manifest.NAME))
                .sorted()
                .toList();
    }

    @Override
    void delete(CheckpointName name) throws IOException {
        bucket.delete(key(name) + Manifest.FILE_NAME);
        for (String key : bucket.sizes(key(name)).keySet()) {
            bucket.delete(key);
        }
        cache.delete(name);
    }

    /** The copy exists before the original goes: whoever dies in between leaves both, which are one. */
    @Override
    void move(CheckpointName from, CheckpointName to) throws IOException {
        String manifest = key(from) + Manifest.FILE_NAME;
        SequencedMap<String, Long> sizes = new LinkedHashMap<>(bucket.sizes(key(from)));
        Long last = sizes.remove(manifest);
        if (last == null) {
            return;
        }
        sizes.putLast(manifest, last);
        try {
            for (Map.Entry<String, Long> object : sizes.entrySet()) {
                String file = object.getKey().substring(key(from).length());
                bucket.copy(object.getKey(), key(to) + file, object.getValue());
            }
        } catch (NoSuchFileException e) {
            LOG.atDebug().addKeyValue("checkpoint", from.path()).log("Another process pruned or moved it first");
            return;
        }
        cache.move(from, to);
        delete(from);
    }

    @Override
    List<String> noteNames(Stage stage, String run) throws IOException {
        return bucket.objects(prefix + stage.id() + "/" + run + "/");
    }

    @Override
    Optional<byte[]> note(Stage stage, String run, String name) throws IOException {
        try {
            return Optional.of(bucket.get(prefix + stage.id() + "/" + run + "/" + name, Removal.MAX_BYTES));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    @Override
    void write(Stage stage, String run, String name, byte[] bytes) throws IOException {
        bucket.put(prefix + stage.id() + "/" + run + "/" + name, bytes);
    }

    @Override
    void deleteNote(Stage stage, String run, String name) throws IOException {
        bucket.delete(prefix + stage.id() + "/" + run + "/" + name);
    }

    @Override
    Map<String, StoredObject> objects(Stage stage, String run) throws IOException {
        String folder = prefix + stage.id() + "/" + run + "/";
        Map<String, StoredObject> objects = new TreeMap<>();
        bucket.objectsBelow(folder).forEach((key, object) -> objects.put(key.substring(folder.length()), object));
        return objects;
    }

    @Override
    void deleteFile(CheckpointName name, String file) throws IOException {
        bucket.delete(key(name) + file);
    }

    @Override
    void forgetRemoval(Stage stage, String run, String sha256) throws IOException {
        super.forgetRemoval(stage, run, sha256);
        cache.forgetRemoval(stage, run, sha256);
    }

    @Override
    public long sweep(Instant time) throws IOException {
        sweepBelow(prefix);
        return cache.sweep(time);
    }

    private String key(CheckpointName name) {
        return prefix + name.path() + "/";
    }

    @Override
    public void close() {
        bucket.close();
    }
}
