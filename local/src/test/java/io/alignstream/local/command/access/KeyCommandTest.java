package io.alignstream.local.command.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.alignstream.contracts.access.ApiKey;
import io.alignstream.contracts.access.KeyFile;
import io.alignstream.local.Alignstream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyCommandTest {

    @TempDir
    Path folder;

    private String file() {
        return folder.resolve("keys.json").toString();
    }

    private static String said(String... arguments) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        try (PrintStream both = new PrintStream(said, true, StandardCharsets.UTF_8)) {
            System.setOut(both);
            System.setErr(both);
            Alignstream.execute(arguments);
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
        return said.toString(StandardCharsets.UTF_8);
    }

    @Test
    void aKeyIsPrintedOnceAndOpensUntilItIsRevoked() throws Exception {
        // Given
        String printed = said("key", "create", "--file", file(), "--name", "ann", "--role", "annotator,viewer");
        String key = printed.lines().toList().getLast();
        KeyFile before = KeyFile.read(Path.of(file()));
        String id = before.keys().getFirst().id();

        // When
        said("key", "revoke", "--file", file(), id);

        // Then
        assertThat(before.find(key).orElseThrow().name()).isEqualTo("ann");
        assertThat(Files.readString(Path.of(file()))).doesNotContain(key);
        assertThat(KeyFile.read(Path.of(file())).find(key)).isEmpty();
        assertThat(said("key", "list", "--file", file()))
                .contains(id, "ann", "annotator, viewer")
                .doesNotContain(key);
    }

    @Test
    void keysThatAreMadeAtTheSameMomentAreAllKept() throws Exception {
        // Given
        List<Process> makers = new ArrayList<>();

        // When
        for (int maker = 0; maker < 4; maker++) {
            makers.add(new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                            Alignstream.class.getName(),
                            "key",
                            "create",
                            "--file",
                            file(),
                            "--name",
                            "maker-" + maker,
                            "--role",
                            "viewer")
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("maker-" + maker + ".txt").toFile())
                    .start());
        }
        for (Process maker : makers) {
            assertThat(maker.waitFor()).isZero();
        }

        // Then
        assertThat(KeyFile.read(Path.of(file())).keys())
                .extracting(ApiKey::name)
                .containsExactlyInAnyOrder("maker-0", "maker-1", "maker-2", "maker-3");
    }

    @Test
    void whatCannotBeIsToldInALine() {
        // When
        String said = said("key", "create", "--file", file(), "--name", "ann", "--role", "boss");

        // Then
        assertThat(said.strip())
                .isEqualTo("alignstream: there is no role boss; the roles are viewer, annotator, reviewer, operator,"
                        + " client, admin");
        assertThat(said("key", "revoke", "--file", file(), "00000000")).contains("there is no key 00000000");
    }
}
