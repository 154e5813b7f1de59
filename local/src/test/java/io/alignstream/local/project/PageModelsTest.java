package io.alignstream.local.project;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.AccessMode;
import java.nio.file.DirectoryStream;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.graalvm.polyglot.Context;
import org.graalvm.polyglot.Source;
import org.graalvm.polyglot.Value;
import org.graalvm.polyglot.io.FileSystem;
import org.graalvm.polyglot.io.IOAccess;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Runs the tests of the pages' models, {@code src/test/js/*.test.js} of each module. They are written for Node's test
 * runner ({@code npm test} runs them, too); here GraalJS runs them, so that the build needs a JDK and nothing else.
 */
class PageModelsTest {

    private static final String MODULE = "application/javascript+module";
    private static final Path NODE = Project.ROOT.resolve("local/src/test/resources/node");

    private final Context context = Context.newBuilder("js")
            .allowIO(IOAccess.newBuilder().fileSystem(new NodeModules()).build())
            .option("engine.WarnInterpreterOnly", "false")
            .build();
    private final Value collected = context.eval("js", "globalThis.collectedTests = []");

    @AfterEach
    void close() {
        context.close();
    }

    @TestFactory
    Stream<DynamicContainer> models() {
        return testFiles().stream()
                .map(file -> DynamicContainer.dynamicContainer(
                        Project.ROOT.relativize(file).toString(), tests(file)));
    }

    @Test
    void everyModelHasATest() {
        // Given
        List<String> models = Project.files(".", "-model.js").stream()
                .map(file -> file.getFileName().toString().replace(".js", ".test.js"))
                .toList();

        // When
        List<String> tested =
                testFiles().stream().map(file -> file.getFileName().toString()).toList();

        // Then
        assertThat(tested).containsAll(models);
        assertThat(models).isNotEmpty();
    }

    private static List<Path> testFiles() {
        return Project.files(".", ".test.js");
    }

    private Stream<DynamicTest> tests(Path file) {
        long before = collected.getArraySize();
        evaluate(file);
        assertThat(collected.getArraySize()).as("tests in %s", file).isGreaterThan(before);
        return LongStream.range(before, collected.getArraySize())
                .mapToObj(collected::getArrayElement)
                .map(test -> DynamicTest.dynamicTest(test.getMember("name").asString(), () -> test.getMember("body")
                        .executeVoid()));
    }

    private void evaluate(Path file) {
        try {
            context.eval(Source.newBuilder("js", file.toFile()).mimeType(MODULE).build());
        } catch (IOException e) {
            throw new AssertionError("cannot read " + file, e);
        }
    }

    /** The files of the project, and in place of Node's own modules the few functions that the tests use. */
    private static final class NodeModules implements FileSystem {

        private static final Map<String, String> FILES =
                Map.of("node:test", "test.js", "node:assert/strict", "assert.js");

        private final FileSystem files = FileSystem.newReadOnlyFileSystem(FileSystem.newDefaultFileSystem());

        @Override
        public Path parsePath(URI uri) {
            String file = FILES.get(uri.toString());
            return file == null ? files.parsePath(uri) : NODE.resolve(file);
        }

        @Override
        public Path parsePath(String path) {
            String file = FILES.get(path);
            return file == null ? files.parsePath(path) : NODE.resolve(file);
        }

        @Override
        public void checkAccess(Path path, Set<? extends AccessMode> modes, LinkOption... options) throws IOException {
            files.checkAccess(path, modes, options);
        }

        @Override
        public void createDirectory(Path folder, FileAttribute<?>... attributes) throws IOException {
            files.createDirectory(folder, attributes);
        }

        @Override
        public void delete(Path path) throws IOException {
            files.delete(path);
        }

        @Override
        public SeekableByteChannel newByteChannel(
                Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes) throws IOException {
            return files.newByteChannel(path, options, attributes);
        }

        @Override
        public DirectoryStream<Path> newDirectoryStream(Path folder, DirectoryStream.Filter<? super Path> filter)
                throws IOException {
            return files.newDirectoryStream(folder, filter);
        }

        @Override
        public Path toAbsolutePath(Path path) {
            return files.toAbsolutePath(path);
        }

        @Override
        public Path toRealPath(Path path, LinkOption... options) throws IOException {
            return files.toRealPath(path, options);
        }

        @Override
        public Map<String, Object> readAttributes(Path path, String attributes, LinkOption... options)
                throws IOException {
            return files.readAttributes(path, attributes, options);
        }
    }
}
