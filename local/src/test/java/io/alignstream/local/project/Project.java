package io.alignstream.local.project;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.alignstream.contracts.Stage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The project's folder, read as files. */
public final class Project {

    public static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    private static final YAMLMapper YAML = new YAMLMapper();
    private static final Pattern MODULE = Pattern.compile("<module>(.+)</module>");

    /** Files that are looked at as if they had another content. */
    private static final ThreadLocal<Map<String, String>> CHANGED = ThreadLocal.withInitial(Map::of);

    private Project() {}

    /** Folders of the Maven modules, relative to the root. */
    static List<String> modules() {
        return MODULE.matcher(text("pom.xml"))
                .results()
                .map(match -> match.group(1))
                .toList();
    }

    /** Version of every module. */
    static String version() {
        return Pattern.compile("<version>(.+)</version>")
                .matcher(text("pom.xml"))
                .results()
                .findFirst()
                .map(match -> match.group(1))
                .orElseThrow();
    }

    /** Modules that have product code and are built before this one: the benchmarks use the launcher. */
    static List<String> modulesWithCode() {
        return modules().stream()
                .filter(module -> !module.equals("benchmarks"))
                .filter(module -> Files.isDirectory(ROOT.resolve(module).resolve("src/main/java")))
                .toList();
    }

    /** Number of top-level types of each package with product code; every one has a file of its own. */
    static SortedMap<String, Integer> typesByPackage() {
        SortedMap<String, Integer> types = new TreeMap<>();
        modules().forEach(module -> typesByPackage(module)
                .forEach((name, count) -> types.merge(name, count, Integer::sum)));
        return types;
    }

    private static SortedMap<String, Integer> typesByPackage(String module) {
        Path sources = ROOT.resolve(module).resolve("src/main/java");
        SortedMap<String, Integer> types = new TreeMap<>();
        if (Files.isDirectory(sources)) {
            files(module + "/src/main/java", ".java").stream()
                    .filter(file -> !file.endsWith("package-info.java"))
                    .map(file -> sources.relativize(file.getParent()).toString().replace('/', '.'))
                    .forEach(name -> types.merge(name, 1, Integer::sum));
        }
        return types;
    }

    /** The packages of a module below the one that all of them share, for example {@code tokenizer.split}. */
    static List<String> packagesOf(String module) {
        SortedMap<String, Integer> types = typesByPackage(module);
        String first = types.isEmpty() ? "" : types.firstKey() + ".";
        String shared = types.keySet().stream().map(name -> name + ".").reduce(first, Project::commonPackage);
        return types.keySet().stream()
                .filter(name -> name.length() > shared.length())
                .map(name -> name.substring(shared.length()))
                .toList();
    }

    private static String commonPackage(String one, String other) {
        String common = one;
        while (!other.startsWith(common)) {
            common = common.substring(0, common.lastIndexOf('.', common.length() - 2) + 1);
        }
        return common;
    }

    /** The product classes of all modules; fails if one is not compiled. */
    static JavaClasses classes() {
        return Classes.ALL;
    }

    /** The package of a stage's service. */
    static String packageOf(Stage stage) {
        return "io.alignstream." + stage.id();
    }

    /**
     * What {@code checks} say when {@code path} has another content, for this thread and as long as it takes.
     *
     * @param content the whole file's
     */
    static <T> T with(String path, String content, Supplier<T> checks) {
        CHANGED.set(Map.of(path, content));
        try {
            return checks.get();
        } finally {
            CHANGED.remove();
        }
    }

    /** Content of a text file. */
    public static String text(String path) {
        String changed = CHANGED.get().get(path);
        if (changed != null) {
            return changed;
        }
        try {
            return Files.readString(ROOT.resolve(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The documents of a YAML file. */
    public static List<JsonNode> yaml(String path) {
        try (var documents = YAML.readerFor(JsonNode.class).<JsonNode>readValues(text(path))) {
            return documents.readAll();
        } catch (IOException e) {
            throw new UncheckedIOException(path + ": " + e.getMessage(), e);
        }
    }

    /** A document of YAML, as one stands inside of another. */
    static JsonNode parse(String yaml) {
        try {
            return YAML.readTree(yaml);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Every file below {@code folder} whose name ends with {@code suffix}, build products and hidden folders left out. */
    static List<Path> files(String folder, String suffix) {
        try (Stream<Path> files = Files.walk(ROOT.resolve(folder))) {
            return files.filter(file -> file.toString().endsWith(suffix))
                    .filter(file -> Stream.of("target", "node_modules", ".git", ".alignstream", ".mvn")
                            .noneMatch(skipped -> ROOT.relativize(file).startsWith(skipped)
                                    || ROOT.relativize(file).toString().contains("/" + skipped + "/")))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The cells of the rows of the Markdown table whose head starts with {@code head}, without the head. */
    public static List<List<String>> table(String path, String... head) {
        List<List<String>> rows = text(path)
                .lines()
                .dropWhile(line -> !line.startsWith("|")
                        || !cells(line).subList(0, head.length).equals(List.of(head)))
                .takeWhile(line -> line.startsWith("|"))
                .map(Project::cells)
                .toList();
        if (rows.size() < 3) {
            throw new AssertionError(path + " has no table with the head " + Arrays.toString(head));
        }
        return rows.subList(2, rows.size());
    }

    private static List<String> cells(String line) {
        String inner = line.strip();
        return Arrays.stream(inner.substring(1, inner.length() - 1).split("\\|"))
                .map(String::strip)
                .toList();
    }

    /** What stands between backquotes in {@code text}. */
    public static List<String> code(String text) {
        return Pattern.compile("`([^`]+)`")
                .matcher(text)
                .results()
                .map((MatchResult match) -> match.group(1))
                .toList();
    }

    /** Read once: takes a second. */
    private static final class Classes {

        static final JavaClasses ALL = load();

        private static JavaClasses load() {
            List<Path> folders = modulesWithCode().stream()
                    .map(module -> ROOT.resolve(module).resolve("target/classes"))
                    .toList();
            for (Path folder : folders) {
                if (!Files.isDirectory(folder)) {
                    throw new AssertionError(folder + " is missing: compile all modules first, with -am");
                }
            }
            return new ClassFileImporter().importPaths(folders);
        }
    }
}
