package io.alignstream.local.input;

import io.alignstream.local.input.file.InputException;
import io.alignstream.local.input.file.InputFile;
import io.alignstream.local.input.file.S3Objects;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Finds files of documents: what is named, and below folders and in buckets what has a known ending. */
final class DocumentFiles {

    private DocumentFiles() {}

    /**
     * The files at {@code locations}: as given, those of folders and buckets in the order of their names.
     *
     * @param report counts the files of other kinds
     * @throws InputException if a path does not exist, a file's ending is unknown, or a folder holds no documents
     */
    static List<InputFile> at(List<String> locations, InputReport report) {
        List<InputFile> files = new ArrayList<>();
        for (String location : locations) {
            files.addAll(
                    location.startsWith("s3:")
                            ? some(S3Objects.below(location, name -> isWanted(name, report)), location)
                            : at(
                                    location.startsWith("file:") ? Path.of(URI.create(location)) : Path.of(location),
                                    report));
        }
        return files;
    }

    private static List<InputFile> at(Path path, InputReport report) {
        if (Files.isDirectory(path)) {
            return below(path, report);
        }
        if (!Files.isRegularFile(path)) {
            throw new InputException(path, "no such file or folder");
        }
        if (!isKnown(path.toString())) {
            throw new InputException(path, "unknown kind of file; names must end in " + DocumentFormat.ENDINGS);
        }
        return List.of(InputFile.of(path));
    }

    private static List<InputFile> below(Path folder, InputReport report) {
        try (Stream<Path> walk = Files.walk(folder)) {
            List<InputFile> files = walk.filter(file -> Files.isRegularFile(file) && isWanted(file.toString(), report))
                    .sorted()
                    .map(InputFile::of)
                    .toList();
            return some(files, folder.toString());
        } catch (IOException | UncheckedIOException e) {
            throw new InputException(folder, "cannot be searched: " + e.getMessage());
        }
    }

    private static List<InputFile> some(List<InputFile> files, String name) {
        if (files.isEmpty()) {
            throw new InputException(name, "holds no documents; names must end in " + DocumentFormat.ENDINGS);
        }
        return files;
    }

    /** Those of other kinds are counted. */
    private static boolean isWanted(String name, InputReport report) {
        boolean known = isKnown(name);
        if (!known) {
            report.passOver(InputReport.PassedOver.OTHER_KIND, 1);
        }
        return known;
    }

    private static boolean isKnown(String name) {
        return DocumentFormat.of(name).isPresent();
    }
}
