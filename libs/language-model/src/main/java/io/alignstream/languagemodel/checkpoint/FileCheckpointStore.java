package io.alignstream.languagemodel.checkpoint;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.capacity.Capacity;
import io.alignstream.languagemodel.capacity.FolderCache;
import io.alignstream.languagemodel.capacity.StoreFullException;
import io.alignstream.languagemodel.checkpoint.CheckpointFiles.IdentifiedManifest;
import java.io.IOException;
import java.net.URI;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps checkpoints as folders of the local file system, {@code root/stage/run/step-hash}; thread-safe.
 *
 * <p>A checkpoint grows in a scratch folder below the root, is made durable there and renamed as a whole. A damaged
 * folder that stands in the way of the same content is moved to {@code root/.damaged} and replaced.
 */
public final class FileCheckpointStore extends VerifyingCheckpointStore {

    private static final Logger LOG = LoggerFactory.getLogger(FileCheckpointStore.class);
    private static final int PUBLISH_ATTEMPTS = 5;
    /** Folders that hold runs. */
    private static final Set<String> STAGES =
            Arrays.stream(Stage.values()).map(Stage::id).collect(Collectors.toUnmodifiableSet());

    /** Below the root: checkpoints that were set aside for people to look at. */
    private static final String DAMAGED = ".damaged";

    private final Path top;
    private final Path root;
    private final URI address;
    private final Capacity capacity;

    private FileCheckpointStore(Path top, Path root, Capacity capacity) {
        this.top = top;
        this.root = root;
        this.capacity = capacity;
        String uri = root.toUri().toString();
        this.address = URI.create(uri.endsWith("/") ? uri : uri + "/");
    }

    /** Opens the store at {@code root}, creates the folder if need be and sweeps up what dead processes left. */
    public static FileCheckpointStore open(Path root) throws IOException {
        return open(root, new Capacity(Capacity.UNBOUNDED));
    }

    static FileCheckpointStore open(Path root, Capacity capacity) throws IOException {
        Path top = root.toAbsolutePath().normalize();
        FileCheckpointStore store = new FileCheckpointStore(top, top, capacity);
        Files.createDirectories(store.root);
        Scratch.sweep(store.root);
        return store;
    }

    @Override
    public CheckpointStore below(String name) {
        return lower(name);
    }

    FileCheckpointStore lower(String name) {
        Manifest.requireName("name", name);
        return new FileCheckpointStore(top, root.resolve(name), capacity);
    }

    @Override
    Capacity capacity() {
        return capacity;
    }

    /** Without what is being saved at the moment. */
    @Override
    public long used() throws IOException {
        long bytes = 0;
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(top)) {
            for (Path entry : entries) {
                boolean counts = !Scratch.isHome(entry) && !entry.endsWith(RESERVE);
                bytes += counts ? FolderCache.bytes(entry) : 0;
            }
        } catch (NoSuchFileException e) {
            return 0;
        }
        return bytes;
    }

    @Override
    public void reserve() throws IOException {
        Path reserve = top.resolve(RESERVE);
        if (Files.exists(reserve)) {
            return;
        }
        // No file system makes less of these bytes than they are.
        byte[] bytes = new byte[RESERVE_BYTES];
        ThreadLocalRandom.current().nextBytes(bytes);
        try (Scratch scratch = scratch()) {
            Path whole = Files.write(scratch.folder().resolve(RESERVE), bytes);
            CheckpointFiles.sync(whole);
            Files.move(whole, reserve, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    @Override
    public boolean giveUpReserve() throws IOException {
        return Files.deleteIfExists(top.resolve(RESERVE));
    }

    @Override
    Reference save(@Nullable Lease lease, Manifest draft, Content content, long epoch) throws IOException {
        Files.createDirectories(root);
        try (Scratch scratch = scratch()) {
            try {
                IdentifiedManifest identified = CheckpointFiles.seal(address, scratch.folder(), draft, epoch, content);
                requireRoom(identified);
                if (lease != null) {
                    requireHeld(lease);
                }
                publish(scratch.folder(), identified);
                if (lease != null) {
                    requireStillHeld(lease, identified.name());
                }
                return identified.reference();
            } catch (LeaseLostException | StoreFullException e) {
                throw e;
            } catch (IOException e) {
                throw failed(draft, scratch.folder(), e);
            }
        }
    }

    IOException failed(Manifest draft, Path scratch, IOException cause) throws IOException {
        long written = size(scratch);
        long free = Files.getFileStore(root).getUsableSpace();
        if (StoreFullException.isMeantBy(cause, free)) {
            Reason saving = Reason.of("store.saving")
                    .with("stage", draft.stage().id())
                    .with("run", draft.run())
                    .with("step", draft.step());
            return StoreFullException.disk(saving, root.toString(), written, free, cause);
        }
        return new IOException(
                "cannot save the checkpoint of " + draft.stage().id() + "/" + draft.run() + " at step " + draft.step()
                        + " in folder " + root + ": " + cause + "; " + written + " bytes of it were written, " + free
                        + " are free; nothing of it was kept",
                cause);
    }

    /** Why a checkpoint of another store could not be copied into this one. */
    IOException cannotCopy(CheckpointName name, IOException cause) throws IOException {
        return orFull(Reason.of("store.copying").with("checkpoint", name.path()), cause);
    }

    /** Why something could not be written: {@code cause}, or that the disk is full. */
    private IOException orFull(Reason saving, IOException cause) throws IOException {
        long free = Files.getFileStore(root).getUsableSpace();
        return StoreFullException.isMeantBy(cause, free)
                ? StoreFullException.disk(saving, root.toString(), 0, free, cause)
                : cause;
    }

    private static long size(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.mapToLong(file -> file.toFile().length()).sum();
        } catch (NoSuchFileException e) {
            return 0;
        }
    }

    /** A working folder from which {@link #publish} can rename. */
    Scratch scratch() throws IOException {
        return Scratch.create(root);
    }

    /** Renames a finished folder to its place, unless the same checkpoint is there already, with as many files. */
    void publish(Path folder, IdentifiedManifest identified) throws IOException {
        Set<String> absent = CheckpointFiles.missing(folder, identified.manifest());
        Path target = folder(identified.name());
        Path stage = root.resolve(identified.manifest().stage().id());
        Path run = Files.createDirectories(stage.resolve(identified.manifest().run()));
        for (int attempt = 1; !isThere(target, identified, absent); attempt++) {
            try {
                Files.move(folder, target, StandardCopyOption.ATOMIC_MOVE);
                break;
            } catch (FileSystemException e) {
                // A twin was faster: look at what it put there.
                if (!Files.exists(target) || attempt == PUBLISH_ATTEMPTS) {
                    throw e;
                }
            }
        }
        for (Path parent : List.of(run, stage, root)) {
            CheckpointFiles.sync(parent);
        }
    }

    private boolean isThere(Path target, IdentifiedManifest identified, Set<String> absent) throws IOException {
        if (!Files.exists(target)) {
            return false;
        }
        try {
            CheckpointFiles.requireReference(
                    CheckpointFiles.readManifest(address, target, identified.name()), identified.reference());
            CheckpointFiles.requireFiles(target, identified.manifest(), absent);
            return true;
        } catch (DamagedCheckpointException e) {
            if (isWhatRemovalLeft(target, identified)) {
                delete(identified.name());
            } else {
                setAside(identified.name(), e);
            }
            return false;
        }
    }

    private boolean isWhatRemovalLeft(Path target, IdentifiedManifest identified) throws IOException {
        Manifest manifest = identified.manifest();
        Optional<Removal> removal = removal(manifest.stage(), manifest.run(), identified.sha256());
        return removal.isPresent()
                && removal.get().files().containsAll(CheckpointFiles.missing(target, manifest))
                && Files.exists(target.resolve(Manifest.FILE_NAME));
    }

    /** Moves a damaged checkpoint out of the way, for people to look at. */
    private void setAside(CheckpointName name, DamagedCheckpointException damage) throws IOException {
        Path aside = root.resolve(DAMAGED).resolve(name.path().replace('/', '~') + "~" + UUID.randomUUID());
        Files.createDirectories(aside.getParent());
        try {
            Files.move(folder(name), aside, StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException e) {
            return;
        }
        LOG.atWarn()
                .addKeyValue("checkpoint", name.path())
                .addKeyValue("damage", damage.getMessage())
                .addKeyValue("movedTo", aside)
                .log("Set a damaged checkpoint aside");
    }

    @Override
    public StoredCheckpoint open(Reference reference) throws IOException {
        CheckpointName name = CheckpointName.of(reference);
        IdentifiedManifest identified = manifest(name);
        CheckpointFiles.requireReference(identified, reference);
        Set<String> missing = CheckpointFiles.missing(folder(name), identified.manifest());
        CheckpointFiles.requireFiles(
                folder(name), identified.manifest(), missing.isEmpty() ? Set.of() : absent(identified));
        return new StoredCheckpoint(identified.reference(), identified.manifest(), folder(name));
    }

    @Override
    void verify(Reference reference) throws IOException {
        open(reference);
    }

    @Override
    IdentifiedManifest manifest(CheckpointName name) throws IOException {
        return CheckpointFiles.readManifest(address, folder(name), name);
    }

    @Override
    List<CheckpointName> names(Stage stage, String run) throws IOException {
        return children(root.resolve(stage.id()).resolve(run), Files::isDirectory).stream()
                .map(folder -> CheckpointName.parse(stage, run, folder))
                .flatMap(Optional::stream)
                .toList();
    }

    @Override
    public List<String> runs(Stage stage) throws IOException {
        return children(root.resolve(stage.id()), Files::isDirectory).stream()
                .filter(run -> run.matches(Manifest.NAME))
                .sorted()
                .toList();
    }

    private static List<String> children(Path folder, DirectoryStream.Filter<Path> kind) throws IOException {
        List<String> names = new ArrayList<>();
        try (DirectoryStream<Path> paths = Files.newDirectoryStream(folder, kind)) {
            paths.forEach(path -> names.add(path.getFileName().toString()));
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        }
        return names;
    }

    /** Renames the checkpoint away before its files go, so that no half of it is ever seen. */
    @Override
    void delete(CheckpointName name) throws IOException {
        try (Scratch scratch = scratch()) {
            Files.move(folder(name), scratch.folder().resolve(name.folder()), StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException e) {
            LOG.atDebug().addKeyValue("checkpoint", name.path()).log("Another process pruned it first");
        }
    }

    @Override
    void move(CheckpointName from, CheckpointName to) throws IOException {
        try {
            Files.move(folder(from), folder(to), StandardCopyOption.ATOMIC_MOVE);
        } catch (NoSuchFileException e) {
            LOG.atDebug().addKeyValue("checkpoint", from.path()).log("Another process pruned or moved it first");
        }
    }

    @Override
    List<String> noteNames(Stage stage, String run) throws IOException {
        return children(root.resolve(stage.id()).resolve(run), Files::isRegularFile);
    }

    @Override
    Optional<byte[]> note(Stage stage, String run, String name) throws IOException {
        try {
            return Optional.of(
                    Files.readAllBytes(root.resolve(stage.id()).resolve(run).resolve(name)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Whole from its first moment on: it grows in a scratch folder and is renamed to its place. */
    @Override
    void write(Stage stage, String run, String name, byte[] bytes) throws IOException {
        Path folder = root.resolve(stage.id()).resolve(run);
        try {
            Files.createDirectories(folder);
            try (Scratch scratch = scratch()) {
                Path whole = Files.write(scratch.folder().resolve(name), bytes, StandardOpenOption.CREATE_NEW);
                CheckpointFiles.sync(whole);
                Files.move(whole, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
            }
            CheckpointFiles.sync(folder);
        } catch (IOException e) {
            throw orFull(Reason.of("store.noting").with("stage", stage.id()).with("run", run), e);
        }
    }

    @Override
    void deleteNote(Stage stage, String run, String name) throws IOException {
        Files.deleteIfExists(root.resolve(stage.id()).resolve(run).resolve(name));
    }

    @Override
    Map<String, StoredObject> objects(Stage stage, String run) throws IOException {
        Path folder = root.resolve(stage.id()).resolve(run);
        Map<String, StoredObject> objects = new TreeMap<>();
        for (String checkpoint : children(folder, Files::isDirectory)) {
            for (String file : children(folder.resolve(checkpoint), Files::isRegularFile)) {
                put(objects, folder, checkpoint + "/" + file);
            }
        }
        for (String note : noteNames(stage, run)) {
            put(objects, folder, note);
        }
        return objects;
    }

    private static void put(Map<String, StoredObject> objects, Path folder, String path) throws IOException {
        try {
            BasicFileAttributes file = Files.readAttributes(folder.resolve(path), BasicFileAttributes.class);
            objects.put(
                    path, new StoredObject(file.size(), file.lastModifiedTime().toInstant()));
        } catch (NoSuchFileException e) {
            LOG.atDebug().addKeyValue("file", path).log("Another process deleted or moved it first");
        }
    }

    @Override
    void deleteFile(CheckpointName name, String file) throws IOException {
        Files.deleteIfExists(folder(name).resolve(file));
    }

    @Override
    public long sweep(Instant time) throws IOException {
        Scratch.sweep(root);
        long bytes = 0;
        Path aside = root.resolve(DAMAGED);
        for (String name : children(aside, Files::isDirectory)) {
            Path folder = aside.resolve(name);
            if (Files.getLastModifiedTime(folder).toInstant().isBefore(time)) {
                bytes += FolderCache.bytes(folder);
                FolderCache.delete(folder);
            }
        }
        for (String part : parts()) {
            bytes += lower(part).sweep(time);
        }
        return bytes;
    }

    /** Names of the stores below this one. */
    private List<String> parts() throws IOException {
        if (!root.equals(top)) {
            return List.of();
        }
        return children(root, Files::isDirectory).stream()
                .filter(name -> name.matches(Manifest.NAME) && !STAGES.contains(name))
                .toList();
    }

    Path folder(CheckpointName name) {
        return root.resolve(name.path());
    }

    /** Nothing to release. */
    @Override
    public void close() {}
}
