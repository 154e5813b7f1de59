package io.alignstream.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.local.broker.Broker;
import io.alignstream.local.chaos.TrialWorld;
import io.alignstream.local.chat.ChatSession;
import io.alignstream.local.chat.ChatSettings;
import io.alignstream.local.command.DemoCommand;
import io.alignstream.local.command.DemoRun;
import io.alignstream.local.command.LocalCluster;
import io.alignstream.local.evaluation.Evaluation;
import io.alignstream.local.monitoring.LiveMetrics;
import io.alignstream.local.monitoring.Scrapes;
import io.alignstream.local.pipeline.EventSet;
import io.alignstream.local.pipeline.PublishedRegistry;
import io.alignstream.local.pipeline.Registry;
import io.alignstream.local.process.ManagedProcess;
import io.alignstream.local.report.DemoReport;
import io.alignstream.local.service.ChatClient;
import io.alignstream.local.service.ReleaseClient;
import io.alignstream.local.service.ServiceClient;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import io.alignstream.local.world.Split;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringReader;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * A tiny world through the real broker and all six services, each a process of its own: everything that the
 * demonstration does, with networks too small to learn much.
 *
 * <p>A pipeline that has been through takes a minute, so the first test that needs one makes it for all, while every
 * process is killed once. Each test runs alone, and in any order.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PipelineIT {

    private static final TraceReceiver TRACES = TraceReceiver.start();

    private static final String[] SETTINGS = Stream.concat(
                    TrialWorld.TINY.stream(),
                    Stream.of(
                            // Training waits for some rankings of sampled answers.
                            "-Dalignstream.reward.minimum-rankings=3074",
                            "-Dalignstream.reward.sampling.prompts=4",
                            // Seen as in production.
                            "-Dalignstream.tracing.endpoint=" + TRACES.endpoint(),
                            "-Dquarkus.otel.bsp.schedule.delay=200MS",
                            "-Dalignstream.tracking.mlflow=http://127.0.0.1:1", // which is away
                            "-Dalignstream.tracking.tensorboard=${alignstream.views.folder}/tensorboard",
                            "-Dquarkus.log.console.json.enabled=true"))
            .toArray(String[]::new);

    private static final int DOCUMENTS = 1_500;

    @TempDir
    static Path folder;

    private final RecordingConsole output = new RecordingConsole();
    private final List<Site> sites = new ArrayList<>();
    private @Nullable Passed passed;

    /**
     * A pipeline that has been through twice; its processes may run or not.
     *
     * @param kills what was killed before
     * @param first the report of the pass during which every process was killed once
     * @param again the report of the next one
     * @param scrapes what the services told of themselves meanwhile
     */
    private record Passed(Site site, List<Kill> kills, DemoReport first, DemoReport again, Scrapes scrapes) {}

    /**
     * A process that was killed.
     *
     * @param end how the pass ended of which it was a part; null if it went through
     */
    private record Kill(String victim, @Nullable Throwable end) {}

    @AfterAll
    void stop() {
        sites.forEach(site -> LocalCluster.stopAll(site, output.console()));
        TRACES.close();
    }

    @Test
    void oneTraceLeadsFromWhatWasPublishedToTheAnswer() throws Exception {
        // Given: six kills later
        Site site = disturbed().site();
        try (LocalCluster cluster = up(site)) {
            cluster.follow(new Registry(), Stage.INFERENCE, output.console());
        }

        // When
        HttpHeaders answer = TracedPipeline.ask(site.address(Stage.INFERENCE));

        // Then
        TracedPipeline.ledFromEventsToTheRelease(TRACES, answer);
        TracedPipeline.linkedTheRequestToTheRelease(TRACES, answer);
    }

    @Test
    void eachLineOfEachLogIsAnObjectThatSaysServiceRunAndTrace() throws Exception {
        // Given
        Site site = disturbed().site();

        // Then
        for (Stage stage : Stage.values()) {
            TracedPipeline.loggedObjects(site.logs().resolve(stage.service() + ".log"), stage);
        }
    }

    @Test
    void eachTrainingRunIsToldToTensorBoardThoughMlflowIsAway() throws Exception {
        // Given
        Site site = disturbed().site();

        // When
        List<Path> files;
        try (Stream<Path> all = Files.walk(site.dataFolder())) {
            files = all.filter(file -> file.getFileName().toString().startsWith("events.out.tfevents."))
                    .toList();
        }

        // Then
        assertThat(files)
                .extracting(file -> file.getParent().getParent().getFileName().toString())
                .contains("pretrain", "sft", "reward", "rlhf")
                .doesNotContain("inference");
    }

    @Test
    void everyStageSurvivesAKillInItsMiddle() throws Exception {
        // When
        Passed disturbed = disturbed();

        // Then: each kill was seen, every stage delivered, the model answers, and nothing is trained twice
        assertThat(disturbed.kills()).hasSize(6).allSatisfy(kill -> assertThat(kill.end())
                .isInstanceOf(LaunchException.class)
                .hasMessageContaining(kill.victim())
                .hasMessageContaining("ended unexpectedly"));
        DemoReport report = disturbed.first();
        assertThat(report.stages())
                .extracting(DemoReport.StageResult::stage)
                .containsExactly("tokenizer", "pretrain", "sft", "reward", "rlhf");
        assertThat(report.stages()).allSatisfy(stage -> {
            assertThat(stage.tokens() == null ? stage.episodes() : stage.tokens())
                    .as(stage.stage())
                    .isPositive();
            assertThat(stage.perSecond()).as(stage.stage()).isPositive();
        });
        assertThat(report.associationTable())
                .extracting(Evaluation.Association::stage)
                .containsExactly("base", "sft", "aligned", "aligned");
        assertThat(report.samples()).hasSize(3).allSatisfy(samples -> assertThat(samples.answers().values().stream()
                        .mapToInt(count -> count)
                        .sum())
                .isEqualTo(200));
        assertThat(report.splits()).hasSize(2 * Split.values().length);
        assertThat(report.annotation().recordedRankings()).isEqualTo(3_072);
        assertThat(report.annotation().sampledRankings()).isBetween(2, 4);
        assertThat(report.annotation().sharedRequests()).isEqualTo(256);
        assertThat(report.served().answer()).isNotBlank();
        assertThat(report.served().sha256())
                .isEqualTo(report.stages().getLast().checkpoint().sha256());
        assertThat(report.peakResidentBytes()).isPositive();
        assertThat(weights(disturbed.again())).isEqualTo(weights(report));
        assertThat(output.lines()).contains("published 0 of 1,500 documents (the others are there already)");
    }

    @Test
    void poisonOnAnyTopicBecomesADeadLetterAndStopsNothing() throws Exception {
        // Given
        Site site = disturbed().site();

        // When / Then: topic by topic
        try (LocalCluster cluster = up(site)) {
            PoisonedTopics.tryAll(site, cluster.follow(new Registry(), Stage.INFERENCE, output.console()));
        }
    }

    @Test
    void afterARejectedCandidateAFreshInferenceServiceServesTheApprovedOne() throws Exception {
        // Given: a rejection after the approval, and an inference-service without anything on its disk
        Site site = disturbed().site();
        ModelRelease approved;
        try (LocalCluster cluster = up(site)) {
            approved = cluster.follow(new Registry(), Stage.INFERENCE, output.console())
                    .approved()
                    .orElseThrow();
            Reference candidate = new Reference(approved.reference().uri().resolve("worse"), "ab".repeat(32), 1);
            ModelRelease rejected = new ModelRelease(
                    approved.model(), ModelRelease.Verdict.REJECTED, candidate, "worse", Map.of(), "for the test");
            cluster.publish(
                    List.of(new EventSet<>(Topic.MODEL_RELEASES, 1, events -> events.accept(rejected))),
                    output.console());
        }
        kill(site, Stage.INFERENCE.service());
        delete(site.storeCache());

        // When
        try (LocalCluster cluster = up(site)) {
            cluster.follow(new Registry(), Stage.INFERENCE, output.console());
        }

        // Then
        assertThat(new ChatClient(site.address(Stage.INFERENCE)).served())
                .contains(new ChatClient.ServedModel(
                        approved.model(), approved.reference().sha256()));
    }

    @Test
    void theServedModelIsTalkedToAtATerminal() throws Exception {
        // Given
        Site site = disturbed().site();
        try (LocalCluster cluster = up(site)) {
            cluster.follow(new Registry(), Stage.INFERENCE, output.console());
        }
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        Console console = new Console(
                new PrintStream(said, true, StandardCharsets.UTF_8),
                new StringReader("成都必去景点\n/set max-tokens 1\n成都必去景点\n/model other\n成都必去景点\n"),
                false,
                true);
        ChatClient client = new ChatClient(site.address(Stage.INFERENCE));

        // When
        new ChatSession(client, "alignstream", ChatSettings.DEFAULT, console).run();

        // Then
        assertThat(said.toString(StandardCharsets.UTF_8))
                .containsPattern("you> alignstream> \\S.*\n")
                .contains("max-tokens 1", "(cut off;", "other> \ninference-service answered 404: ");
    }

    @Test
    void aStudentOfTheServedModelIsServedOnceAPersonSaysSoAndNotBefore() throws Exception {
        // Given
        Site site = disturbed().site();
        try (LocalCluster cluster = up(site)) {
            cluster.follow(new Registry(), Stage.INFERENCE, output.console());
        }
        ChatClient client = new ChatClient(site.address(Stage.INFERENCE));
        ChatClient.ServedModel teacher = client.served().orElseThrow();
        Path figures = folder.resolve("distil.json");
        String[] where = {"--data-dir", site.dataFolder().toString()};

        // When: as many steps as it takes to say a word, without which nothing is served
        int learned = execute(
                where,
                "distil",
                "--steps",
                "200",
                "--batch",
                "16",
                "--learning-rate",
                "0.01",
                "--candidate",
                "--json",
                figures.toString());
        assertThat(learned).isZero();
        JsonNode result = new ObjectMapper().readTree(figures.toFile());
        String run = result.path("run").asText();
        String student = result.path("reference").path("sha256").asText();
        List<ReleaseClient.Release> candidates = new ReleaseClient(site.address(Stage.RLHF)).list();
        Optional<ChatClient.ServedModel> untouched = client.served();
        int approved = execute(where, "release", "approve", run, "--by", "a tester", "--reason", "small is enough");

        // Then: nothing is served before, the student then, and the teacher again when it is rolled back
        assertThat(result.path("models").findValuesAsText("model"))
                .containsExactly("teacher", "teacher", "student", "student", "alone");
        assertThat(candidates)
                .filteredOn(release -> release.run().equals(run))
                .singleElement()
                .satisfies(release -> {
                    assertThat(release.verdict()).isEqualTo(ModelRelease.Verdict.REJECTED);
                    assertThat(release.reference().sha256()).isEqualTo(student);
                });
        assertThat(untouched).contains(teacher);
        assertThat(approved).isZero();
        await().atMost(Duration.ofSeconds(30))
                .until(() -> client.served().orElseThrow().sha256().equals(student));
        assertThat(execute(where, "release", "rollback", run, "--by", "a tester", "--reason", "the test is over"))
                .isZero();
        await().atMost(Duration.ofSeconds(30)).until(() -> client.served().equals(Optional.of(teacher)));
        assertThat(PublishedRegistry.read(site.connection())
                        .inUse(Stage.SFT)
                        .orElseThrow()
                        .run())
                .isNotEqualTo(run);
    }

    private static int execute(String[] site, String... command) {
        System.setProperty("alignstream.home", TestSites.installation().home().toString()); // as the script does
        return Alignstream.execute(
                Stream.concat(Stream.of(command), Stream.of(site)).toArray(String[]::new));
    }

    @Test
    void whatDashboardsAndAlertsAskForIsTold() throws Exception {
        // Given
        Scrapes scrapes = disturbed().scrapes();

        // When
        var seen = scrapes.seen();

        // Then
        LiveMetrics.areToldByTheirServices(seen);
        LiveMetrics.areAllInTheList(seen);
        LiveMetrics.haveWhatPanelsAndAlertsAskFor(seen);
    }

    /** The pipeline that all tests look at, made by the first that asks. */
    private Passed disturbed() throws IOException {
        if (passed == null) {
            passed = pass(site("disturbed"));
        }
        return passed;
    }

    /** Lets the world through while every process is killed once; after each kill as with {@code ./alignstream up}. */
    private Passed pass(Site site) throws IOException {
        try (Scrapes scrapes = new Scrapes(site)) {
            return pass(site, scrapes);
        }
    }

    private Passed pass(Site site, Scrapes scrapes) throws IOException {
        List<Kill> kills = List.of(
                killDuringPass(site, Stage.TOKENIZER, 0, Stage.TOKENIZER.service()),
                killDuringPass(site, Stage.PRETRAIN, 15, Stage.PRETRAIN.service()),
                killDuringPass(site, Stage.PRETRAIN, 30, Broker.NAME),
                killDuringPass(site, Stage.SFT, 6, Stage.SFT.service()),
                killDuringPass(site, Stage.REWARD, 6, Stage.REWARD.service()),
                killDuringPass(site, Stage.RLHF, 1, Stage.RLHF.service()));
        try (LocalCluster cluster = up(site)) {
            return new Passed(site, kills, run(site, cluster), run(site, cluster), scrapes);
        }
    }

    private DemoReport run(Site site, LocalCluster cluster) throws IOException {
        return new DemoRun(site, cluster, output.console(), System.nanoTime()).run(world());
    }

    /** Starts what does not run, follows a pass, and kills {@code victim} when {@code stage} has done some steps. */
    private Kill killDuringPass(Site site, Stage stage, long steps, String victim) {
        try (LocalCluster cluster = up(site)) {
            CompletableFuture<Void> killed = CompletableFuture.runAsync(() -> {
                ServiceClient client = new ServiceClient(site.address(stage));
                await().atMost(Duration.ofMinutes(5))
                        .pollInterval(Duration.ofMillis(20))
                        .until(() -> client.job()
                                .filter(job -> job.run() != null && job.step() >= steps)
                                .isPresent());
                kill(site, victim);
            });
            Throwable end = catchThrowable(() -> run(site, cluster));
            killed.join();
            return new Kill(victim, end);
        }
    }

    private static void kill(Site site, String process) {
        ManagedProcess victim = ManagedProcess.find(site.run(), process).orElseThrow();
        ProcessHandle.of(victim.pid()).orElseThrow().destroyForcibly();
        await().atMost(Duration.ofSeconds(30)).until(() -> !victim.alive());
    }

    private Site site(String name) {
        Site site = TestSites.prepared(folder.resolve(name), SETTINGS);
        sites.add(site);
        return site;
    }

    /** Starts what does not run; it stays when the cluster is closed. */
    private LocalCluster up(Site site) {
        LocalCluster cluster = LocalCluster.start(site, TestSites.installation(), output.console());
        cluster.keepRunning();
        return cluster;
    }

    private static void delete(Path tree) throws IOException {
        if (Files.exists(tree)) {
            try (Stream<Path> paths = Files.walk(tree)) {
                for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    private static List<String> weights(DemoReport report) {
        return weights(report.stages());
    }

    private static List<String> weights(List<DemoReport.StageResult> stages) {
        return stages.stream()
                .map(stage -> stage.stage() + " " + stage.checkpoint().weights())
                .toList();
    }

    private static List<EventSet<?>> world() {
        return DemoCommand.world(1, DOCUMENTS);
    }
}
