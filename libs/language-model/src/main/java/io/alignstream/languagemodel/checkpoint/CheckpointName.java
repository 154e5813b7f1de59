package io.alignstream.languagemodel.checkpoint;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import java.net.URI;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a checkpoint lies below its store's root: {@code stage/run/step-hash}, or {@code stage/run/step-hash-epoch} while its
 * run has an owner and is not finished.
 *
 * @param step ten digits in the folder's name, so that names sort by step
 * @param hash the first 12 digits of the manifest's sha256
 * @param epoch of the {@link Lease} under which an unfinished checkpoint was saved; 0 for all others
 */
record CheckpointName(Stage stage, String run, long step, String hash, long epoch) {

    private static final Pattern FOLDER = Pattern.compile("([0-9]{10})-([0-9a-f]{12})(?:-([1-9][0-9]{0,17}))?");

    CheckpointName {
        Manifest.requireName("run", run);
    }

    static CheckpointName of(Manifest manifest, String sha256, long epoch) {
        return new CheckpointName(manifest.stage(), manifest.run(), manifest.step(), sha256.substring(0, 12), epoch);
    }

    /** Of the same checkpoint under another owner. */
    CheckpointName withEpoch(long other) {
        return new CheckpointName(stage, run, step, hash, other);
    }

    /** Empty if {@code folder} is no checkpoint's name. */
    static Optional<CheckpointName> parse(Stage stage, String run, String folder) {
        Matcher matcher = FOLDER.matcher(folder);
        return matcher.matches()
                ? Optional.of(new CheckpointName(
                        stage,
                        run,
                        Long.parseLong(matcher.group(1)),
                        matcher.group(2),
                        matcher.group(3) == null ? 0 : Long.parseLong(matcher.group(3))))
                : Optional.empty();
    }

    /**
     * The last three parts of the reference's address: the store's own root goes before them, so that a store that was
     * moved or mirrored still finds what events refer to, and no event can name a folder outside the root.
     */
    static CheckpointName of(Reference reference) throws DamagedCheckpointException {
        return of(reference.uri())
                .filter(name -> reference.sha256().startsWith(name.hash()))
                .orElseThrow(() -> new DamagedCheckpointException(reference.uri() + " with sha256 " + reference.sha256()
                        + " is not the address of a checkpoint"));
    }

    /** Empty if {@code uri} does not end like the address of a checkpoint. */
    static Optional<CheckpointName> of(URI uri) {
        return ofPath(uri.getSchemeSpecificPart());
    }

    /** Empty if {@code path}, with slashes, does not end like the address of a checkpoint. */
    static Optional<CheckpointName> ofPath(String path) {
        String[] parts = path.split("/+");
        if (parts.length < 3 || !parts[parts.length - 2].matches(Manifest.NAME)) {
            return Optional.empty();
        }
        return Arrays.stream(Stage.values())
                .filter(stage -> stage.id().equals(parts[parts.length - 3]))
                .findFirst()
                .flatMap(stage -> parse(stage, parts[parts.length - 2], parts[parts.length - 1]));
    }

    /** The checkpoint's address in the store at {@code root}, a URI that ends with a slash. */
    URI below(URI root) {
        return URI.create(root + path());
    }

    String folder() {
        String folder = String.format(Locale.ROOT, "%010d-%s", step, hash);
        return epoch == 0 ? folder : folder + "-" + epoch;
    }

    /** Relative path with slashes. */
    String path() {
        return stage.id() + "/" + run + "/" + folder();
    }
}
