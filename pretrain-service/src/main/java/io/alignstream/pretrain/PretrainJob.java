package io.alignstream.pretrain;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.Reason;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.training.TrainingRun;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.stageruntime.Job;
import io.alignstream.stageruntime.JobContext;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;

/** One pretraining run: fetches its frozen inputs, trains or goes on training, publishes the base checkpoint. */
final class PretrainJob implements Job {

    /** Role of the base model that a run continues, among its parents. */
    static final String PREVIOUS = "previous";

    private static final Logger LOG = Logger.getLogger(PretrainJob.class);

    private final TrainingRun run;
    private final TrainedTokenizer tokenizer;
    private final PretrainSettings settings;
    private final CheckpointStore store;
    private final HealingLog healings;

    PretrainJob(
            TrainingRun run,
            TrainedTokenizer tokenizer,
            PretrainSettings settings,
            CheckpointStore store,
            HealingLog healings) {
        this.run = run;
        this.tokenizer = tokenizer;
        this.settings = settings;
        this.store = store;
        this.healings = healings;
    }

    @Override
    public String run() {
        return run.id();
    }

    @Override
    public Reason title() {
        Reference previous = run.parents().get(PREVIOUS);
        Reason title = Reason.of(previous == null ? "pretrain.train" : "pretrain.continue")
                .with("run", run.id())
                .with("tokenizer", tokenizer.sha256().substring(0, 12));
        return previous == null
                ? title
                : title.with("previous", previous.sha256().substring(0, 12));
    }

    @Override
    public void execute(JobContext context) throws IOException {
        Tokenizer loaded = loadTokenizer();
        TokenBatchSource sequences = TokenBatchSource.scan(
                context, run.datasets().getFirst(), loaded, settings.holdout().sequences());
        if (context.stopRequested()) {
            return;
        }
        PretrainLoop.Monitor monitor = new PretrainLoop.Monitor() {
            @Override
            public boolean stopRequested() {
                return context.stopRequested();
            }

            @Override
            public void progress(long step, long totalSteps, Map<String, Double> metrics) {
                context.progress("train", step, totalSteps, metrics);
            }

            @Override
            public void healed(HealingEvent event) {
                LOG.warnf("Training failed and goes back: run %s, %s", run.id(), event.text());
                healings.add(run.id(), event);
            }
        };
        new PretrainLoop(settings, loaded, sequences, sequences.validation(), previous(), run, monitor)
                .run()
                .ifPresent(result -> context.publish(
                        Topic.CHECKPOINTS,
                        new Checkpoint(
                                Stage.PRETRAIN,
                                run.id(),
                                result.step(),
                                result.checkpoint(),
                                run.parents(),
                                run.datasets(),
                                result.metrics())));
    }

    private Optional<StoredCheckpoint> previous() throws IOException {
        Reference previous = run.parents().get(PREVIOUS);
        return previous == null ? Optional.empty() : Optional.of(store.open(previous));
    }

    private Tokenizer loadTokenizer() throws IOException {
        Tokenizer loaded = Tokenizer.load(store.open(tokenizer.reference()).folder());
        if (!loaded.sha256().equals(tokenizer.sha256()) || loaded.vocabularySize() != tokenizer.vocabularySize()) {
            throw new IllegalStateException(tokenizer.reference().uri() + " holds tokenizer " + loaded.sha256()
                    + " with " + loaded.vocabularySize() + " ids but its event says " + tokenizer.sha256() + " with "
                    + tokenizer.vocabularySize() + "; publish the tokenizer again");
        }
        return loaded;
    }
}
