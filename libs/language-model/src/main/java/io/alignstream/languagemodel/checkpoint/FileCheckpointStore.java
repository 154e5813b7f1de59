package io.alignstream.languagemodel.checkpoint;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
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

    private final Path root;
    private final URI address;

    private FileCheckpointStore(Path root) {
        this.root = root;
        String uri = root.toUri().toString();
        this.address = URI.create(uri.endsWith("/") ? uri : uri + "/");
    }

    /** Opens the store at {@code root}, creates the folder if need be and sweeps up what dead processes left. */
    public static FileCheckpointStore open(Path root) throws IOException {
        FileCheckpointStore store =
                new FileCheckpointStore(root.toAbsolutePath().normalize());
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
        return new FileCheckpointStore(root.resolve(name));
    }

    @Override
    Reference save(@Nullable Lease lease, Manifest draft, Content content, long epoch) throws IOException {
        Files.createDirectories(root);
        try (Scratch scratch = scratch()) {
            try {
                IdentifiedManifest identified = CheckpointFiles.seal(address, scratch.folder(), draft, epoch, content);
                if (lease != null) {
                    requireHeld(lease);
                }
                publish(scratch.folder(), identified);
                return identified.reference();
            } catch (LeaseLostException e) {
                throw e;
            } catch (IOException e) {
                throw failed(draft, scratch.folder(), e);
            }
        }
    }

    IOException failed(Manifest draft, Path scratch, IOException cause) throws IOException {
        return new IOException(
                "cannot save the checkpoint of " + draft.stage().id() + "/" + draft.run() + " at step " + draft.step()
                        + " in folder " + root + ": " + cause + "; it needs more than " + size(scratch)
                        + " bytes there, " + Files.getFileStore(root).getUsableSpace()
                        + " are free; nothing of it was kept",
                cause);
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

    /** Renames a finished folder to its place, unless the same checkpoint is there already. */
    void publish(Path folder, IdentifiedManifest identified) throws IOException {
        Path target = folder(identified.name());
        Path stage = root.resolve(identified.manifest().stage().id());
        Path run = Files.createDirectories(stage.resolve(identified.manifest().run()));
        for (int attempt = 1; !isThere(target, identified); attempt++) {
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

    private boolean isThere(Path target, IdentifiedManifest identified) throws IOException {
        if (!Files.exists(target)) {
            return false;
        }
        try {
            CheckpointFiles.requireReference(
                    CheckpointFiles.readManifest(address, target, identified.name()), identified.reference());
            CheckpointFiles.requireFiles(target, identified.manifest());
            return true;
        } catch (DamagedCheckpointException e) {
            setAside(identified.name(), e);
            return false;
        }
    }

    /** Moves a damaged checkpoint out of the way, for people to look at. */
    private void setAside(CheckpointName name, DamagedCheckpointException damage) throws IOException {
        Path aside = root.resolve(".damaged").resolve(name.path().replace('/', '~') + "~" + UUID.randomUUID());
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
        CheckpointFiles.requireFiles(folder(name), identified.manifest());
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
        Path folder = Files.createDirectories(root.resolve(stage.id()).resolve(run));
        try (Scratch scratch = scratch()) {
            Path whole = Files.write(scratch.folder().resolve(name), bytes, StandardOpenOption.CREATE_NEW);
            CheckpointFiles.sync(whole);
            Files.move(whole, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        }
        CheckpointFiles.sync(folder);
    }

    @Override
    void deleteNote(Stage stage, String run, String name) throws IOException {
        Files.deleteIfExists(root.resolve(stage.id()).resolve(run).resolve(name));
    }

    Path folder(CheckpointName name) {
        return root.resolve(name.path());
    }

    /** Nothing to release. */
    @Override
    public void close() {}
}
