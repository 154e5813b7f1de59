package io.alignstream.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.Safetensors;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.tokenizer.BpeTrainer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.local.site.Site;
import io.alignstream.local.site.StageWorkers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class AlignstreamTest {

    @TempDir
    Path folder;

    private record Result(int exit, String out, String err) {}

    @ParameterizedTest
    @ValueSource(
            strings = {
                "up",
                "down",
                "status",
                "logs",
                "settings",
                "chat",
                "release",
                "demo",
                "train",
                "instructions",
                "import",
                "export",
                "sweep",
                "distil",
                "bench"
            })
    void everyCommandExplainsItself(String command) {
        // When
        Result result = run(command, "--help");

        // Then
        assertThat(result.exit()).isZero();
        assertThat(result.out()).startsWith("Usage: alignstream " + command);
        assertThat(result.out().lines())
                .allSatisfy(line -> assertThat(line.length()).isLessThan(200));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "chaos --count two       | --count is two but must be a whole number between -2147483648 and 2147483647.",
                "chaos --minutes long    | --minutes is long but must be a number, such as 0.5.",
                "distil --steps many     | --steps is many but must be a whole number",
                "distil --share half     | --share is half but must be a number, such as 0.5.",
                "logs -n many            | --lines is many but must be a whole number",
                "up --port-base 1e4      | --port-base is 1e4 but must be a whole number",
                "scale pretrain some     | is some but must be a whole number",
                "chaos --faults fire     | --faults is fire but must be one of kill, stop, twin",
                "gc --grace 10           | --grace is 10 but must be a duration as in ISO 8601",
            })
    void aValueThatAnOptionCannotHaveIsSaidWithTheOptionAndWhatItMustBe(String arguments, String said) {
        // When
        Result result = run(arguments.split(" +"));

        // Then
        assertThat(result.exit()).isEqualTo(CommandLine.ExitCode.USAGE);
        assertThat(result.err()).contains(said);
    }

    @ParameterizedTest
    @ValueSource(ints = {80, 100, 120})
    void helpBreaksLinesBetweenWordsOnly(int width) {
        // Given
        List<String> whole = helps(1_000_000).toList();

        // When
        List<String> helps = helps(width).toList();

        // Then
        assertThat(helps).hasSameSizeAs(whole).anySatisfy(help -> assertThat(help)
                .contains("s3://BUCKET/PATH"));
        for (int i = 0; i < helps.size(); i++) {
            assertThat(helps.get(i).strip().split("\\s+"))
                    .containsExactly(whole.get(i).strip().split("\\s+"));
            assertThat(helps.get(i).lines())
                    .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(width));
        }
    }

    private static Stream<String> helps(int width) {
        return commands(Alignstream.commandLine().setUsageHelpAutoWidth(false).setUsageHelpWidth(width))
                .map(CommandLine::getUsageMessage);
    }

    private static Stream<CommandLine> commands(CommandLine command) {
        return Stream.concat(
                Stream.of(command), command.getSubcommands().values().stream().flatMap(AlignstreamTest::commands));
    }

    @Test
    void furtherLinesOfAnOptionStandBelowItsDescription() {
        // When
        String wrapped = HelpText.wrap("  -x, --name=A   one two three four five six seven\n", 40);

        // Then
        assertThat(wrapped)
                .isEqualTo(
                        """
                  -x, --name=A   one two three four five
                                 six seven
                """);
    }

    @ParameterizedTest
    @CsvSource({
        "stauts, alignstream status",
        "realease, alignstream release",
        "chat --temprature 1, --temperature",
        "key crete, key create"
    })
    void aMistypedWordIsAnsweredWithTheOneThatIsMeant(String typed, String meant) {
        // When
        Result result = run(typed.split(" "));

        // Then
        assertThat(result.exit()).isEqualTo(2);
        assertThat(result.err()).contains(typed.contains("--") ? "Possible solutions" : "Did you mean", meant);
    }

    @Test
    void aDryRunSaysWhatTheFilesHoldAndStartsNothing() throws IOException {
        // Given
        Path documents = Files.writeString(folder.resolve("a.txt"), "One text.");
        Path instructions = Files.writeString(
                folder.resolve("a.json"),
                "[{\"instruction\":\"Moon?\",\"output\":\"Far.\"},{\"instruction\":\"Sun?\",\"output\":\"\"},"
                        + "{\"instruction\":\"Star?\",\"output\":\"Hot.\"}]");
        Path data = folder.resolve("data");

        // When
        Result result = run(
                "train",
                "--dry-run",
                "--data-dir",
                data.toString(),
                "--documents",
                documents.toString(),
                "--instructions",
                instructions.toString());

        // Then
        assertThat(result.exit()).isZero();
        assertThat(data).doesNotExist();
        assertThat(result.out().lines())
                .containsExactly(
                        instructions + ": 2 instructions, 2 in the format alpaca",
                        "1 of 3 elements set aside:",
                        "  " + instructions + " element 2: output: content is missing or blank; give it a value",
                        documents + ": 1 documents");
    }

    @Test
    void statusOfAnEmptyFolderShowsEverythingStopped() {
        // When
        Result result = run("status", "--data-dir", folder.toString());

        // Then
        assertThat(result.exit()).isEqualTo(3);
        assertThat(result.out()).containsPattern("kafka +stopped").containsPattern("rlhf-service +stopped");
    }

    @Test
    void statusForAProgramIsOneLineOfJson() throws IOException {
        // When
        Result result = run("status", "--json", "--data-dir", folder.toString());

        // Then
        assertThat(result.exit()).isEqualTo(3);
        assertThat(result.out().lines()).hasSize(1);
        JsonNode status = new ObjectMapper().readTree(result.out());
        assertThat(status.path("dataFolder").asText()).isEqualTo(folder.toString());
        assertThat(status.path("running").asBoolean(true)).isFalse();
        assertThat(status.path("processes").findValuesAsText("process")).contains("kafka", "rlhf-service");
        assertThat(status.path("processes").findValuesAsText("state")).containsOnly("stopped");
    }

    @Test
    void statusIsWatchedUntilSomebodyEndsIt() throws Exception {
        // Given
        PrintStream before = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            FutureTask<Integer> watched = new FutureTask<>(
                    () -> Alignstream.execute("status", "--watch=1", "--json", "--data-dir", folder.toString()));
            Thread watcher = Thread.ofPlatform().start(watched);
            await().until(() -> out.toString(StandardCharsets.UTF_8).lines().count() >= 2);

            // When
            watcher.interrupt();

            // Then
            assertThat(watched.get(1, TimeUnit.MINUTES)).isEqualTo(3);
        } finally {
            System.setOut(before);
        }
    }

    @Test
    void howOftenToLookMustBePossible() {
        // When
        Result result = run("status", "--watch=0", "--data-dir", folder.toString());

        // Then
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).contains("--watch is 0", "1 and 3600");
    }

    @Test
    void settingsShowWhatTheServicesOfAFolderRunWith() {
        // Given
        new Site(folder, 20_000, 7, List.of("-Dalignstream.sft.epochs=8")).prepare();

        // When
        Result result = run("settings", "sft", "--data-dir", folder.toString());

        // Then
        assertThat(result.exit()).isZero();
        assertThat(result.out())
                .contains(
                        "* alignstream.sft.epochs = 8\n      Passes over the conversations.\n      1 to 100000; default 6\n")
                .contains("  alignstream.sft.warmup-share = 0.1\n")
                .contains("  alignstream.sft.seed = 7\n")
                .doesNotContain("alignstream.pretrain.depth =");
    }

    @Test
    void settingsOfNoServiceNameTheServices() {
        // When
        Result result = run("settings", "fly", "--data-dir", folder.toString());

        // Then
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).contains("There is no service fly", "sft-service");
    }

    @ParameterizedTest
    @CsvSource({
        "pretrain, 0, first worker of pretrain-service stays, down",
        "pretrain, 65, 1 to 64, 65",
        "rlhf, 0, first worker of rlhf-service stays, down",
        "tokenizer, 2, stage tokenizer, 'pretrain, sft, reward, rlhf'"
    })
    void whatCannotBeScaledIsRefusedWithTheReason(String stage, String count, String reason, String hint) {
        // When
        Result result = run("scale", stage, count, "--data-dir", folder.toString());

        // Then
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).contains(reason, hint).doesNotContain("\tat ");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void statusCountsTheWorkersThatASiteIsToHave() {
        // Given
        new Site(folder, 20_000, 7, List.of())
                .withWorkers(Stage.PRETRAIN, new StageWorkers(2, 1))
                .prepare();

        // When
        Result result = run("status", "--data-dir", folder.toString());

        // Then
        assertThat(result.exit()).isEqualTo(3);
        assertThat(result.out())
                .containsPattern("pretrain-service-2 +stopped")
                .contains("pretrain-service: 0 of 2 workers run, 1 shard");
    }

    @Test
    void downOfAnEmptyFolderIsNoFailure() {
        // When
        Result result = run("down", "--data-dir", folder.toString());

        // Then
        assertThat(result.exit()).isZero();
        assertThat(result.out()).contains("nothing is running");
    }

    @Test
    void aChatWithNobodySaysWhatToStart() {
        // When
        Result result =
                run("chat", "--data-dir", folder.toString(), "--port-base", Integer.toString(TestSites.freePortBase()));

        // Then
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).contains("./alignstream up").doesNotContain("\tat ");
    }

    @ParameterizedTest
    @CsvSource({"--temperature, 3, 0 to 2", "--top-p, -1, 0 to 1", "--max-tokens, 0, from 1"})
    void aSettingOfTheChatThatCannotBeIsNamed(String option, String value, String allowed) {
        // When
        Result result = run("chat", option, value, "--data-dir", folder.toString());

        // Then
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).contains(option.substring(2) + " is " + value, allowed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"list", "approve", "reject", "rollback"})
    void everyDecisionAboutAReleaseExplainsItself(String command) {
        // When
        Result result = run("release", command, "--help");

        // Then
        assertThat(result.exit()).isZero();
        assertThat(result.out())
                .startsWith("Usage: alignstream release " + command)
                .contains("Options:");
    }

    @Test
    void aDecisionWithNobodySaysWhatToStart() {
        // Given
        String ports = Integer.toString(TestSites.freePortBase());

        // When
        Result result = run(
                "release",
                "rollback",
                "4f2a",
                "--by",
                "Ann",
                "--reason",
                "It lies.",
                "--data-dir",
                folder.toString(),
                "--port-base",
                ports);

        // Then
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).contains("./alignstream up").doesNotContain("\tat ");
    }

    @Test
    void aDecisionWithoutNameReasonOrVerdictIsWrongUsage() {
        assertThat(run("release", "approve", "4f2a", "--by", "Ann").err()).contains("--reason");
        assertThat(run("release", "approve", "4f2a", "--reason", "Good.").exit())
                .isEqualTo(2);
        assertThat(run("release", "approve", "--by", "Ann", "--reason", "Good.").exit())
                .isEqualTo(2);
        assertThat(run("release").exit()).isEqualTo(2);
    }

    @Test
    void aCommandThatDoesNotExistIsWrongUsage() {
        assertThat(run("fly").exit()).isEqualTo(2);
        assertThat(run().exit()).isEqualTo(2);
    }

    @Test
    void trainingNamesTheFileThatIsWrongBeforeAnythingStarts() throws Exception {
        // Given
        Path file = Files.writeString(folder.resolve("instructions.jsonl"), "{\"messages\": 5}\n");

        // When
        Result result =
                run("train", "--data-dir", folder.resolve("data").toString(), "--instructions", file.toString());

        // Then
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).contains("instructions.jsonl", "line 1").doesNotContain("\tat ");
        assertThat(folder.resolve("data")).doesNotExist();
    }

    @Test
    void theSeedOfADataFolderDoesNotChange() throws Exception {
        // Given
        Site site = new Site(folder, 20_000, 1, List.of());
        site.prepare();
        Files.createDirectories(site.kafka());

        // When
        Result result = run("demo", "--headless", "--data-dir", folder.toString(), "--seed", "2");

        // Then
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).contains("seed 1", "--data-dir");
    }

    @Test
    void exportWritesAModelOnce() throws Exception {
        // Given
        Tokenizer tokenizer = new BpeTrainer(300).train(List.of("今天来上海出差了。").iterator());
        TransformerConfig network = TransformerConfig.of(tokenizer.vocabularySize(), 1, 32, 16);
        Path trained = Files.createDirectory(folder.resolve("trained"));
        try (Transformer model = Transformer.initialise(network, 1)) {
            network.save(trained, new int[] {tokenizer.endOfTurn()}, tokenizer.pad());
            tokenizer.save(trained);
            Safetensors.write(trained.resolve("model.safetensors"), model.tensors(), Map.of("format", "pt"));
        }
        Path exported = folder.resolve("exported");
        String[] command = {"export", trained.toString(), "--format", "huggingface", "--to", exported.toString()};

        // When
        Result result = run(command);
        Result again = run(command);

        // Then
        assertThat(result.err()).isEmpty();
        assertThat(result.exit()).isZero();
        assertThat(result.out()).contains(trained.toString(), exported.toString());
        assertThat(Tokenizer.load(exported).sha256()).isEqualTo(tokenizer.sha256());
        assertThat(again.exit()).isEqualTo(1);
        assertThat(again.err()).contains("exists already").doesNotContain("\tat ");
    }

    @Test
    void exportWithoutAModelSaysHowToGetOne() {
        // When
        Result result = run(
                "export",
                "--data-dir",
                folder.toString(),
                "--format",
                "gguf",
                "--to",
                folder.resolve("x").toString());

        // Then
        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.err()).contains("./alignstream train").doesNotContain("\tat ");
        assertThat(run("export", "--format", "onnx", "--to", "x").exit()).isEqualTo(2);
    }

    private static Result run(String... arguments) {
        PrintStream out = System.out;
        PrintStream err = System.err;
        ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
        ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
        try {
            System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
            int exit = Alignstream.execute(arguments);
            return new Result(
                    exit, outBytes.toString(StandardCharsets.UTF_8), errBytes.toString(StandardCharsets.UTF_8));
        } finally {
            System.setOut(out);
            System.setErr(err);
        }
    }
}
