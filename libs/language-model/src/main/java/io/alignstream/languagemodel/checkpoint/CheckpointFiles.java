package io.alignstream.languagemodel.checkpoint;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.hash.Sha256;
import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Makes a folder of files a checkpoint, and checks that a folder is one. */
final class CheckpointFiles {

    private CheckpointFiles() {}

    /**
     * A checkpoint's identity.
     *
     * @param root address of its store, ending with a slash
     * @param json the bytes of its manifest
     * @param epoch of its owner while it is unfinished, no part of its content
     */
    record IdentifiedManifest(URI root, Manifest manifest, byte[] json, String sha256, long epoch) {

        static IdentifiedManifest of(URI root, Manifest manifest, byte[] json, long epoch) {
            return new IdentifiedManifest(root, manifest, json, Sha256.hex(json), manifest.complete() ? 0 : epoch);
        }

        CheckpointName name() {
            return CheckpointName.of(manifest, sha256, epoch);
        }

        Reference reference() {
            return new Reference(name().below(root), sha256, manifest.filesSize() + json.length);
        }
    }

    /** Has the files written into {@code folder} and makes them durable, then writes the manifest, last. */
    static IdentifiedManifest seal(URI root, Path folder, Manifest draft, long epoch, CheckpointStore.Content content)
            throws IOException {
        content.write(folder);
        Map<String, Manifest.FileEntry> files = new TreeMap<>();
        try (DirectoryStream<Path> paths = Files.newDirectoryStream(folder)) {
            for (Path path : paths) {
                if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
                    throw new IllegalArgumentException(path + " is no plain file; a checkpoint holds plain files only");
                }
                Manifest.requireFileName(path.getFileName().toString());
                sync(path);
                files.put(path.getFileName().toString(), new Manifest.FileEntry(Sha256.hex(path), Files.size(path)));
            }
        }
        Manifest manifest = draft.withFiles(files);
        byte[] json = manifest.toJson();
        Path file = folder.resolve(Manifest.FILE_NAME);
        Files.write(file, json, StandardOpenOption.CREATE_NEW);
        sync(file);
        sync(folder);
        return IdentifiedManifest.of(root, manifest, json, epoch);
    }

    /** The manifest in {@code folder}, valid and at its place; the files are not looked at. */
    static IdentifiedManifest readManifest(URI root, Path folder, CheckpointName name) throws IOException {
        Path file = folder.resolve(Manifest.FILE_NAME);
        try {
            if (Files.size(file) > Manifest.MAX_BYTES) {
                throw new DamagedCheckpointException(file + " has " + Files.size(file) + " bytes, no manifest has");
            }
            return parseManifest(root, Files.readAllBytes(file), name, file.toString());
        } catch (NoSuchFileException | NotDirectoryException e) {
            throw new DamagedCheckpointException(folder + " is no checkpoint: it has no " + Manifest.FILE_NAME, e);
        }
    }

    static IdentifiedManifest parseManifest(URI root, byte[] json, CheckpointName name, String origin)
            throws DamagedCheckpointException {
        String sha256 = Sha256.hex(json);
        if (!sha256.startsWith(name.hash())) {
            // A manifest of a later release says so only if it is otherwise intact, hence the hash goes first.
            throw new DamagedCheckpointException(
                    origin + " has sha256 " + sha256 + " but its folder's name says " + name.hash());
        }
        IdentifiedManifest identified =
                IdentifiedManifest.of(root, Manifest.parse(json, origin, root), json, name.epoch());
        if (!identified.name().equals(name)) {
            throw new DamagedCheckpointException(
                    origin + " is the manifest of " + identified.name().path() + " but lies in " + name.path());
        }
        return identified;
    }

    static void requireReference(IdentifiedManifest identified, Reference reference) throws DamagedCheckpointException {
        Reference actual = identified.reference();
        if (!actual.sha256().equals(reference.sha256()) || actual.size() != reference.size()) {
            throw new DamagedCheckpointException(reference.uri() + " has sha256 " + actual.sha256() + " and "
                    + actual.size() + " bytes but the reference says " + reference.sha256() + " and "
                    + reference.size());
        }
    }

    /** The files that the manifest names and {@code folder} lacks. */
    static Set<String> missing(Path folder, Manifest manifest) {
        return manifest.files().keySet().stream()
                .filter(file -> Files.notExists(folder.resolve(file), LinkOption.NOFOLLOW_LINKS))
                .collect(Collectors.toSet());
    }

    /**
     * Checks every file that the manifest names, byte for byte, and that there is no other.
     *
     * @param absent files that may be missing
     */
    static void requireFiles(Path folder, Manifest manifest, Set<String> absent) throws IOException {
        for (Map.Entry<String, Manifest.FileEntry> entry : manifest.files().entrySet()) {
            Path file = folder.resolve(entry.getKey());
            if (absent.contains(entry.getKey()) && Files.notExists(file, LinkOption.NOFOLLOW_LINKS)) {
                continue;
            }
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                throw new DamagedCheckpointException(file + " is missing");
            }
            long size = Files.size(file);
            if (size != entry.getValue().size()) {
                throw new DamagedCheckpointException(file + " has " + size + " bytes but the manifest says "
                        + entry.getValue().size());
            }
            String sha256 = Sha256.hex(file);
            if (!sha256.equals(entry.getValue().sha256())) {
                throw new DamagedCheckpointException(file + " has sha256 " + sha256 + " but the manifest says "
                        + entry.getValue().sha256());
            }
        }
        try (DirectoryStream<Path> paths = Files.newDirectoryStream(folder)) {
            for (Path path : paths) {
                String name = path.getFileName().toString();
                if (!name.equals(Manifest.FILE_NAME) && !manifest.files().containsKey(name)) {
                    throw new DamagedCheckpointException(path + " is not named by the manifest");
                }
            }
        }
    }

    /** Makes a file's content, or a folder's list of names, outlive a crash of the machine. */
    static void sync(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
