package io.alignstream.pretrain;

import io.alignstream.contracts.Reference;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.contracts.check.InvalidInputException;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.contracts.objective.PretrainingObjective;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import io.alignstream.pretrain.data.TokenBatchSource;
import io.alignstream.stageruntime.JobContext;
import io.alignstream.stageruntime.TrainingJob;
import io.alignstream.training.Lineage;
import io.alignstream.training.TrainingRun;
import java.io.IOException;
import java.util.Optional;

/** One pretraining run: token batches of a tokenizer, and the trunk of the base model that it continues. */
final class PretrainJob extends TrainingJob {

    private final TrainedTokenizer tokenizer;
    private final Optional<Reference> insteadOf;
    private final PretrainSettings settings;
    private final CheckpointStore store;

    /**
     * The job of {@code run}.
     *
     * @param insteadOf the model that it would continue if its training state were still there
     */
    PretrainJob(
            TrainingRun run,
            TrainedTokenizer tokenizer,
            Optional<Reference> insteadOf,
            PretrainSettings settings,
            CheckpointStore store) {
        super(run, settings.training());
        this.tokenizer = tokenizer;
        this.insteadOf = insteadOf;
        this.settings = settings;
        this.store = store;
    }

    @Override
    public Reason title() {
        Optional<Reference> previous = training().lineage().find(Lineage.PREVIOUS);
        Optional<Reference> named = previous.or(() -> insteadOf);
        Reason title = Reason.of(
                        previous.isPresent()
                                ? "pretrain.continue"
                                : insteadOf.isPresent()
                                        ? "pretrain.afresh"
                                        : settings.masked() ? "pretrain.masked" : "pretrain.train")
                .with("run", run())
                .with("tokenizer", tokenizer.sha256().substring(0, 12));
        return named.isEmpty() ? title : title.with("previous", named.get().shortSha256());
    }

    @Override
    protected Planned plan(JobContext context) throws IOException {
        Tokenizer loaded = loadTokenizer();
        TokenBatchSource sequences = TokenBatchSource.scan(
                context,
                training().datasets().getFirst(),
                loaded,
                settings.holdout().sequences());
        PretrainLoop.Inputs inputs = new PretrainLoop.Inputs(
                settings,
                settings.masked() ? loaded.withMask() : loaded,
                sequences,
                sequences.validation(),
                previous());
        return new Planned(inputs.memory(), inputs::with);
    }

    @Override
    protected int shards() {
        return settings.batches().shards();
    }

    @Override
    protected PretrainingObjective objective() {
        return settings.objective();
    }

    private Optional<StoredCheckpoint> previous() throws IOException {
        Optional<Reference> previous = training().lineage().find(Lineage.PREVIOUS);
        return previous.isPresent() ? Optional.of(store.open(previous.get())) : Optional.empty();
    }

    private Tokenizer loadTokenizer() throws IOException {
        Tokenizer loaded = Tokenizer.load(store.open(tokenizer.reference()).folder());
        if (!loaded.sha256().equals(tokenizer.sha256()) || loaded.vocabularySize() != tokenizer.vocabularySize()) {
            throw new InvalidInputException(Reason.of("pretrain.otherTokenizer")
                    .with("uri", tokenizer.reference().uri().toString())
                    .with("held", loaded.sha256())
                    .with("heldTokens", loaded.vocabularySize())
                    .with("tokenizer", tokenizer.sha256())
                    .with("tokens", tokenizer.vocabularySize()));
        }
        return loaded;
    }
}
