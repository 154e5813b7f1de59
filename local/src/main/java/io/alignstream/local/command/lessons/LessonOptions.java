package io.alignstream.local.command.lessons;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.local.lessons.run.Lesson;
import io.alignstream.local.lessons.run.LessonProgress;
import io.alignstream.local.service.ServiceProcesses;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.Installation;
import io.alignstream.local.site.LaunchException;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.LongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * What all lessons take, and how they run: in a process of its own, which is this command once more, with the heap and the
 * environment of those that train.
 */
final class LessonOptions {

    /** Set in the process that computes. */
    static final String HERE = "alignstream.lessons.here";

    private static final String HEAP = "-Xmx1536m";

    @Spec(Spec.Target.MIXEE)
    @Nullable
    CommandSpec spec;

    @Option(names = "--to", paramLabel = "FILE", description = "The page. Default: .alignstream/lessons/NAME.html.")
    @Nullable
    Path to;

    @Option(names = "--json", paramLabel = "FILE", description = "Write the figures as JSON, too.")
    @Nullable
    Path json;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Of all that is drawn: equal seeds give equal figures, but for seconds. Default: 1.")
    long seed;

    /** Runs the lesson of {@link #seed} and writes what came of it; returns the exit code. */
    int run(String name, LongFunction<Lesson> lesson) throws IOException, InterruptedException {
        Lesson taught = valid(lesson);
        Path page =
                to == null ? Installation.current().cache().resolve("lessons").resolve(name + ".html") : to;
        requireWritable(page);
        if (json != null) {
            requireWritable(json);
        }
        return Boolean.getBoolean(HERE) ? teach(taught, page) : elsewhere();
    }

    private Lesson valid(LongFunction<Lesson> lesson) {
        try {
            return lesson.apply(seed);
        } catch (IllegalArgumentException e) {
            throw new LaunchException(e.getMessage() + ".", e);
        }
    }

    /** Before minutes are spent on what cannot be kept. */
    private static void requireWritable(Path file) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        if (Files.isDirectory(file) || folder == null) {
            throw new LaunchException(file + " is a folder; give the name of a file.");
        }
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new LaunchException(folder + " is a file, so there can be no " + file + "; give another folder.");
        }
        Files.createDirectories(folder);
        if (!Files.isWritable(folder) || (Files.exists(file) && !Files.isWritable(file))) {
            throw new LaunchException(file + " cannot be written; give another file.");
        }
    }

    private int teach(Lesson lesson, Path page) throws IOException {
        Console console = Console.standard();
        Lesson.Outcome outcome = lesson.run(new LessonProgress(console));
        replace(page, outcome.page().getBytes(StandardCharsets.UTF_8));
        console.line("page: " + page.toAbsolutePath());
        if (json != null) {
            replace(json, new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(outcome.figures()));
            console.line("figures: " + json.toAbsolutePath());
        }
        return 0;
    }

    /** As a whole, since the same lesson may run twice at once: whoever opens {@code file} sees what one of them wrote. */
    static void replace(Path file, byte[] content) throws IOException {
        Path whole = file.toAbsolutePath();
        Path draft = whole.resolveSibling("." + whole.getFileName() + "." + UUID.randomUUID());
        try {
            Files.write(draft, content);
            Files.move(draft, whole, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    private int elsewhere() throws IOException, InterruptedException {
        Installation installation = Installation.current();
        String classPath = installation.launcherClassPath().stream()
                .map(Path::toString)
                .collect(Collectors.joining(File.pathSeparator));
        List<String> command = new ArrayList<>(List.of(
                installation.java().toString(),
                HEAP,
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dai.djl.offline=true",
                "-D" + HERE + "=true",
                "-Dalignstream.home=" + installation.home(),
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                "-cp",
                classPath,
                "io.alignstream.local.Alignstream"));
        command.addAll(Objects.requireNonNull(spec)
                .root()
                .commandLine()
                .getParseResult()
                .originalArgs());
        ProcessBuilder program = new ProcessBuilder(command).inheritIO();
        program.environment().putAll(ServiceProcesses.environment(installation));
        Process process = program.start();
        try {
            return process.waitFor();
        } finally {
            process.destroy();
        }
    }
}
