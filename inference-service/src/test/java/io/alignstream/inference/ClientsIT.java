package io.alignstream.inference;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What other people's clients do with the service; needs the programs that {@code .ci/clients} installs below system property
 * {@code clients} and runs in the profile clients only.
 */
@QuarkusTest
class ClientsIT extends ServiceTest {

    private static final int MINUTES = 5;
    private static final Path TESTS = Path.of("src/test").toAbsolutePath();

    @TempDir
    Path folder;

    @Test
    void clientsForPythonGetWhatTheyExpect() throws Exception {
        // Given
        serve(first);

        // When, Then
        run("python/bin/python", TESTS.resolve("python/check_clients.py").toString(), address.toString());
    }

    @Test
    void clientsForPythonHearWhatAModelCalls() throws Exception {
        // Given
        serve(CallingModel.save(store));

        // When, Then
        run("python/bin/python", TESTS.resolve("python/check_clients.py").toString(), address.toString(), "calling");
    }

    @Test
    void clientsForJavaScriptGetWhatTheyExpect() throws Exception {
        // Given
        serve(first);

        // When, Then
        run("node", installed("node/check-clients.js").toString(), address.toString());
    }

    @Test
    void answersAreAsTheOpenApiDocumentSays() throws Exception {
        // Given
        serve(first);

        // When, Then
        run(
                "python/bin/schemathesis",
                "run",
                address.resolve("/openapi").toString(),
                "--checks",
                "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
                        + "unsupported_method",
                "--phases",
                "examples,coverage,fuzzing",
                "--max-examples",
                "15",
                "--generation-deterministic",
                "--workers",
                "1",
                "--request-timeout",
                "60");
    }

    private void run(String program, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(program.contains("/") ? installed(program).toString() : program);
        command.addAll(List.of(arguments));
        Path output = folder.resolve("output");
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(MINUTES, TimeUnit.MINUTES))
                    .as(program + " ends")
                    .isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.exitValue())
                .as(Files.readString(output, StandardCharsets.UTF_8))
                .isZero();
    }

    private static Path installed(String program) {
        return Path.of(Objects.requireNonNull(System.getProperty("clients"), "clients; see .ci/clients"))
                .resolve(program);
    }
}
