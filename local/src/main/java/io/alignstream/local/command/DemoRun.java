package io.alignstream.local.command;

import io.alignstream.contracts.ModelRelease;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.local.annotation.AnnotationRound;
import io.alignstream.local.evaluation.Evaluation;
import io.alignstream.local.evaluation.TrainedModel;
import io.alignstream.local.evaluation.TrainedRewardModel;
import io.alignstream.local.pipeline.Chain;
import io.alignstream.local.pipeline.EventSet;
import io.alignstream.local.pipeline.Registry;
import io.alignstream.local.report.DemoReport;
import io.alignstream.local.report.LearnedRankings;
import io.alignstream.local.report.MemoryWatch;
import io.alignstream.local.report.StageResults;
import io.alignstream.local.service.ChatClient;
import io.alignstream.local.service.DeskClient;
import io.alignstream.local.service.RunningInstances;
import io.alignstream.local.site.Console;
import io.alignstream.local.site.LaunchException;
import io.alignstream.local.site.Site;
import io.alignstream.local.world.AnnotatorPopulation;
import io.alignstream.local.world.EvaluationSet;
import io.alignstream.local.world.World;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SequencedMap;

/** One pass of the sample world through a running cluster, from publishing to the report. */
public final class DemoRun {

    private final Site site;
    private final LocalCluster cluster;
    private final Console console;
    private final long begin;

    /** A pass whose time counts from {@code begin}, a {@link System#nanoTime}. */
    public DemoRun(Site site, LocalCluster cluster, Console console, long begin) {
        this.site = site;
        this.cluster = cluster;
        this.console = console;
        this.begin = begin;
    }

    /** Publishes, follows, has the SFT model's answers ranked on the way, evaluates, asks the served model. */
    public DemoReport run(List<EventSet<?>> events) throws IOException {
        try (MemoryWatch memory = new MemoryWatch(cluster::pids);
                CheckpointStore store = CheckpointStore.open(site.store().toUri(), site.storeCache())) {
            cluster.publish(events, console);
            annotate(cluster.follow(new Registry(), Stage.SFT, console));
            Registry registry = new Registry();
            Chain chain = cluster.follow(registry, Stage.INFERENCE, console);
            SequencedMap<Stage, StoredCheckpoint> opened = StageResults.open(chain, store);
            List<DemoReport.StageResult> stages = StageResults.of(opened, chain, registry, site.connection());
            EvaluationSet questions = EvaluationSet.of(World.load());
            console.line("asking the trained models …");
            Evaluation evaluation = evaluate(questions, opened);
            DemoReport.Served served = ask(questions, chain);
            return new DemoReport(
                    site.seed(),
                    (System.nanoTime() - begin) / 1e9,
                    new RunningInstances(site).of(Stage.PRETRAIN).size(),
                    memory.peakBytes(),
                    stages,
                    evaluation.associationTable(),
                    evaluation.samples(),
                    evaluation.splits(),
                    annotation(chain),
                    served);
        }
    }

    /** Before there is a reward model, the simulated annotators rank what the SFT model answers. */
    private void annotate(Chain chain) {
        if (chain.reference(Stage.REWARD).isEmpty()) {
            AnnotatorPopulation population = new AnnotatorPopulation(World.load(), site.seed());
            new AnnotationRound(site.address(Stage.REWARD), population, cluster::requireAlive, console).run();
        }
    }

    private DemoReport.Annotation annotation(Chain chain) {
        LearnedRankings learned = LearnedRankings.of(chain, site.connection());
        DeskClient.Agreement agreement = new DeskClient(site.address(Stage.REWARD)).agreement();
        return new DemoReport.Annotation(
                AnnotatorPopulation.annotators(),
                learned.recorded(),
                learned.sampled(),
                agreement.requests(),
                agreement.alpha(),
                agreement.concordance());
    }

    private static Evaluation evaluate(EvaluationSet questions, Map<Stage, StoredCheckpoint> opened)
            throws IOException {
        try (TrainedModel base = load(opened, Stage.PRETRAIN);
                TrainedModel sft = load(opened, Stage.SFT);
                TrainedModel aligned = load(opened, Stage.RLHF);
                TrainedRewardModel reward = TrainedRewardModel.load(
                        Objects.requireNonNull(opened.get(Stage.REWARD)).folder())) {
            return Evaluation.of(
                    questions,
                    Map.of(
                            Stage.PRETRAIN.model(), base,
                            Stage.SFT.model(), sft,
                            Stage.RLHF.model(), aligned),
                    Optional.of(reward));
        }
    }

    private static TrainedModel load(Map<Stage, StoredCheckpoint> opened, Stage stage) throws IOException {
        return TrainedModel.load(Objects.requireNonNull(opened.get(stage)).folder());
    }

    private DemoReport.Served ask(EvaluationSet questions, Chain chain) {
        ModelRelease release = chain.approved().orElseThrow();
        String prompt = questions.associations().stream()
                .filter(row -> row.stage().equals(Stage.RLHF.model()))
                .map(EvaluationSet.Association::prompt)
                .findFirst()
                .orElseThrow();
        ChatClient client = new ChatClient(site.address(Stage.INFERENCE));
        String answer = client.answer(release.model(), prompt);
        if (answer.isBlank()) {
            throw new LaunchException("The served model " + release.model() + " gave an empty answer to " + prompt);
        }
        return new DemoReport.Served(release.model(), release.reference().sha256(), prompt, answer);
    }
}
