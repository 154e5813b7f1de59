package io.alignstream.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.local.evaluation.Evaluation;
import io.alignstream.local.pipeline.Chain;
import io.alignstream.local.pipeline.EventSet;
import io.alignstream.local.pipeline.Registry;
import io.alignstream.local.process.ManagedProcess;
import io.alignstream.local.report.DemoReport;
import io.alignstream.local.report.StageResults;
import io.alignstream.local.service.ServiceClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A tiny world through the real broker and all six services, each a process of its own: everything that the
 * demonstration does, with networks too small to learn much.
 */
class PipelineIT {

    private static final String[] TINY = {
        "-Dalignstream.tokenizer.vocabulary-size=600",
        "-Dalignstream.tokenizer.sequence-length=64",
        "-Dalignstream.pretrain.layers=2",
        "-Dalignstream.pretrain.width=64",
        "-Dalignstream.pretrain.steps=60",
        "-Dalignstream.pretrain.batch-sequences=16",
        "-Dalignstream.pretrain.checkpoint-every=10",
        "-Dalignstream.sft.epochs=1",
        "-Dalignstream.reward.training.epochs=1",
        "-Dalignstream.reward.training.layers=1",
        "-Dalignstream.reward.training.reference-answers=16",
        "-Dalignstream.reward.sampling.prompts=4",
        "-Dalignstream.rlhf.training.iterations=2",
        "-Dalignstream.rlhf.training.batch=8",
        "-Dalignstream.rlhf.training.minibatch=4",
        "-Dalignstream.rlhf.training.critic-warm-up=1",
        "-Dalignstream.rlhf.training.max-answer-tokens=8",
        // What so small a model says is chance: this gate lets everything pass.
        "-Dalignstream.rlhf.gate.win-rate=0",
        "-Dalignstream.rlhf.gate.kl=1000",
        "-Dalignstream.rlhf.gate.end-rate=0"
    };

    private static final int DOCUMENTS = 1_500;

    @TempDir
    Path folder;

    private final RecordingConsole output = new RecordingConsole();
    private final List<Site> sites = new ArrayList<>();

    @AfterEach
    void stop() {
        sites.forEach(site -> LocalCluster.stopAll(site, output.console()));
    }

    @Test
    void survivesAKillAndEndsWithTheWeightsOfAnUndisturbedRun() throws Exception {
        // Given: a run whose pretraining is killed in the middle
        Site disturbed = site("disturbed");
        try (LocalCluster cluster = start(disturbed)) {
            Thread killer = Thread.ofVirtual().start(() -> killInTheMiddle(disturbed, Stage.PRETRAIN));
            assertThatThrownBy(() -> run(disturbed, cluster))
                    .isInstanceOf(LaunchException.class)
                    .hasMessageContaining("pretrain-service")
                    .hasMessageContaining("ended unexpectedly");
            killer.join();
        }

        // When: started again
        DemoReport report;
        DemoReport again;
        try (LocalCluster cluster = start(disturbed)) {
            report = run(disturbed, cluster);
            again = run(disturbed, cluster);
        }

        // Then: every stage delivered, the model answers, and nothing is trained twice
        assertThat(report.stages())
                .extracting(DemoReport.StageResult::stage)
                .containsExactly("tokenizer", "pretrain", "sft", "reward", "rlhf");
        assertThat(report.associationTable())
                .extracting(Evaluation.Association::stage)
                .containsExactly("base", "sft", "aligned", "aligned");
        assertThat(report.splits()).hasSize(3);
        assertThat(report.served().answer()).isNotBlank();
        assertThat(report.peakResidentBytes()).isPositive();
        assertThat(weights(again)).isEqualTo(weights(report));
        assertThat(output.lines()).contains("published 0 of 1,500 documents (the others are there already)");

        // And: the base model is the one of a run that nobody disturbed
        Site undisturbed = site("undisturbed");
        try (LocalCluster cluster = start(undisturbed)) {
            cluster.publish(world(), output.console());
            Registry registry = new Registry();
            Chain chain = cluster.follow(registry, Stage.PRETRAIN, output.console());
            assertThat(weights(undisturbed, registry, chain))
                    .isEqualTo(weights(report).subList(0, 2));
        }
    }

    private DemoReport run(Site site, LocalCluster cluster) throws IOException {
        return new DemoRun(site, cluster, output.console(), System.nanoTime()).run(world());
    }

    private void killInTheMiddle(Site site, Stage stage) {
        ServiceClient client = new ServiceClient(site.address(stage));
        await().atMost(Duration.ofMinutes(5))
                .pollInterval(Duration.ofMillis(20))
                .until(() -> client.job()
                        .filter(job -> job.isRunning() && job.step() >= 15)
                        .isPresent());
        long pid =
                ManagedProcess.find(site.run(), stage.service()).orElseThrow().pid();
        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
    }

    private Site site(String name) {
        Site site = TestSites.prepared(folder.resolve(name), TINY);
        sites.add(site);
        return site;
    }

    private LocalCluster start(Site site) {
        return LocalCluster.start(site, TestSites.installation(), output.console());
    }

    private static List<String> weights(Site site, Registry registry, Chain chain) throws IOException {
        try (CheckpointStore store = CheckpointStore.open(site.store().toUri(), site.storeCache())) {
            return weights(StageResults.of(StageResults.open(chain, store), chain, registry, site.bootstrapServers()));
        }
    }

    private static List<String> weights(DemoReport report) {
        return weights(report.stages());
    }

    private static List<String> weights(List<DemoReport.StageResult> stages) {
        return stages.stream()
                .map(stage -> stage.stage() + " " + stage.checkpoint().sha256())
                .toList();
    }

    private static List<EventSet<?>> world() {
        return DemoCommand.world(1, DOCUMENTS);
    }
}
