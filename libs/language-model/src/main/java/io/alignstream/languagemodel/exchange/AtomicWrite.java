package io.alignstream.languagemodel.exchange;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Writes a file or folder for people so that it is there as a whole or not at all, whenever the process is killed.
 *
 * <p>It is written beside its place, under a hidden name, and moved there. What a killed process left under that name is
 * deleted first, what a failed one wrote at once; so of several at a time that write the same target only one may succeed.
 */
public final class AtomicWrite {

    private AtomicWrite() {}

    /** Writes what shall be there. */
    @FunctionalInterface
    public interface Writer {

        /** @param unfinished where to write it; nothing is there, the folder around it is */
        void write(Path unfinished) throws IOException;
    }

    /**
     * Makes a new file or folder, and the folders around it.
     *
     * @throws FileAlreadyExistsException if {@code target} exists
     */
    public static void create(Path target, Writer writer) throws IOException {
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileAlreadyExistsException(target.toString(), null, "exists already; choose another name");
        }
        write(target, writer);
    }

    /** Makes a file, or puts it in the place of an older one. */
    public static void replace(Path target, Writer writer) throws IOException {
        write(target, writer, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void write(Path target, Writer writer, StandardCopyOption... options) throws IOException {
        Path complete = target.toAbsolutePath();
        Path unfinished = complete.resolveSibling("." + complete.getFileName() + ".unfinished");
        Files.createDirectories(complete.resolveSibling("."));
        delete(unfinished);
        try {
            writer.write(unfinished);
            Files.move(unfinished, complete, options);
        } finally {
            delete(unfinished);
        }
    }

    private static void delete(Path unfinished) throws IOException {
        if (!Files.exists(unfinished, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        List<Path> deepestFirst;
        try (Stream<Path> all = Files.walk(unfinished)) {
            deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : deepestFirst) {
            Files.delete(path);
        }
    }
}
