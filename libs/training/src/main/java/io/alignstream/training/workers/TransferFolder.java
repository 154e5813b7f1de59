package io.alignstream.training.workers;

import io.alignstream.languagemodel.checkpoint.Scratch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A folder for a state on its way between workers, in a part of the system's temporary folder that all workers of this user share;
 * deleted when it is closed. What a process that was killed leaves there, the next one deletes.
 */
public final class TransferFolder implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TransferFolder.class);

    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");

    private final Scratch scratch;

    private TransferFolder(Scratch scratch) {
        this.scratch = scratch;
    }

    /**
     * A new, empty one.
     *
     * @throws IOException if there is no room, or the place belongs to another user, who could read what is sent
     */
    public static TransferFolder create() throws IOException {
        Files.createDirectories(root(), PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        Files.setPosixFilePermissions(root(), OWNER_ONLY); // which none but its owner may
        return new TransferFolder(Scratch.create(root()));
    }

    /** Deletes what dead processes have left; what cannot be deleted stays for the next. */
    public static void sweep() {
        try {
            Scratch.sweep(root());
        } catch (IOException e) {
            LOG.atWarn()
                    .setCause(e)
                    .addKeyValue("folder", root())
                    .log("What dead workers have left in the temporary folder stays for now");
        }
    }

    /** Where they all lie. */
    static Path root() {
        return Path.of(System.getProperty("java.io.tmpdir"), "alignstream-workers-" + System.getProperty("user.name"));
    }

    /** Where the files lie. */
    public Path path() {
        return scratch.folder();
    }

    @Override
    public void close() throws IOException {
        scratch.close();
    }
}
