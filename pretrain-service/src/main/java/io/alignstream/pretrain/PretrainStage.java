package io.alignstream.pretrain;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Reason;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.contracts.messages.Messages;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import io.alignstream.stageruntime.Decision;
import io.alignstream.stageruntime.StageDefinition;
import io.alignstream.stageruntime.Subscriptions;
import io.alignstream.stageruntime.View;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * When a base model is trained: once all documents of a new tokenizer are packed, then whenever enough new tokens have
 * come, and on whatever there is when a person asks. A run on the newest tokenizer that was interrupted goes first.
 *
 * <p>Only the first run starts from random weights. A later one continues the newest model's trunk on the data that has
 * come since; if the network's size was changed in between, it starts anew on all of the data.
 */
@ApplicationScoped
public class PretrainStage implements StageDefinition {

    private static final String TOKENIZER = "tokenizer";

    private final PretrainSettings settings;
    private final long newTokens;
    private final CheckpointStore store;
    private final TrainingRuns runs;
    private final Map<String, PackedDocuments> packed = new HashMap<>();
    private final HealingLog healings = new HealingLog();
    private volatile PretrainFigures figures = PretrainFigures.NONE;

    PretrainStage(PretrainConfig config, CheckpointStore store) {
        this.settings = config.settings();
        this.newTokens = config.newTokens();
        this.store = store;
        this.runs = new TrainingRuns(store, Stage.PRETRAIN);
    }

    @Override
    public Stage stage() {
        return Stage.PRETRAIN;
    }

    @Override
    public void subscribe(Subscriptions subscriptions) {
        subscriptions.follow(
                Topic.TOKENIZERS,
                (tokenizer, record) ->
                        packed.computeIfAbsent(tokenizer.sha256(), sha256 -> new PackedDocuments(tokenizer)));
        subscriptions.followAfter(Topic.TOKENIZERS, Topic.TOKEN_BATCHES, this::take);
        subscriptions.follow(Topic.CHECKPOINTS);
    }

    private void take(TokenBatch batch, ConsumerRecord<byte[], byte[]> record) throws PoisonEventException {
        PackedDocuments documents = packed.get(batch.tokenizerSha256());
        if (documents == null) {
            throw Messages.poison(Reason.of("poison.unknownTokenizer").with("tokenizer", batch.tokenizerSha256()));
        }
        documents.add(batch, BatchSequence.ledgerRoot(record.headers()), record.partition(), record.offset());
    }

    @Override
    public Decision decide(View view, boolean triggered) {
        // An imported tokenizer was learned from no documents of ours: its base model is imported, too.
        Optional<TrainedTokenizer> newest = view.newestByKey(Topic.TOKENIZERS).stream()
                .filter(learned -> learned.documents().offsets() > 0)
                .reduce((older, newer) -> newer);
        if (newest.isEmpty()) {
            return new Decision.Wait(Reason.of("pretrain.noTokenizer"));
        }
        TrainedTokenizer tokenizer = newest.get();
        PackedDocuments documents =
                packed.computeIfAbsent(tokenizer.sha256(), sha256 -> new PackedDocuments(tokenizer));
        List<Checkpoint> models = view.newestByKey(Topic.CHECKPOINTS).stream()
                .filter(checkpoint -> isModelOf(tokenizer, checkpoint))
                .toList();
        figures = PretrainFigures.of(tokenizer, documents, models, newTokens);
        try {
            Optional<TrainingRun> open = openRun(tokenizer, models);
            return open.isPresent() ? start(open.get(), tokenizer) : compare(tokenizer, documents, models, triggered);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot look into the checkpoint store: " + e.getMessage(), e);
        }
    }

    /** A run that a killed process has left behind: in the middle, or finished but not published. */
    private Optional<TrainingRun> openRun(TrainedTokenizer tokenizer, List<Checkpoint> models) throws IOException {
        List<String> published = models.stream().map(Checkpoint::run).toList();
        for (Map<String, Reference> parents : possibleParents(tokenizer, models)) {
            Optional<TrainingRun> interrupted = runs.interrupted(parents, settings.hyperparameters());
            if (interrupted.isPresent()) {
                return interrupted;
            }
            Optional<TrainingRun> unpublished = runs.unpublished(parents, settings.hyperparameters(), published);
            if (unpublished.isPresent()) {
                return unpublished;
            }
        }
        return Optional.empty();
    }

    private static List<Map<String, Reference>> possibleParents(TrainedTokenizer tokenizer, List<Checkpoint> models) {
        return models.isEmpty()
                ? List.of(parents(tokenizer))
                : List.of(parents(tokenizer), parents(tokenizer, models.getLast()));
    }

    private Decision compare(
            TrainedTokenizer tokenizer, PackedDocuments documents, List<Checkpoint> models, boolean triggered)
            throws IOException {
        if (!documents.holdsOwnDocuments()) {
            return new Decision.Wait(documents.withProblem(Reason.of("pretrain.packing")
                    .with("tokenizer", tokenizer.sha256().substring(0, 12))
                    .with("sequences", documents.trainingSequences())));
        }
        if (documents.trainingSequences() == 0) {
            return new Decision.Wait(Reason.of("pretrain.noSequences"));
        }
        if (models.isEmpty() && !triggered) {
            return start(run(tokenizer, documents.ownDocuments()), tokenizer);
        }
        Map<String, String> made = models.isEmpty() ? Map.of() : hyperparameters(models.getLast());
        boolean enough = figures.newTokens() >= (triggered ? 1 : newTokens);
        if (enough && settings.fits(made)) {
            Map<String, Reference> parents = parents(tokenizer, models.getLast());
            return start(runs.of(parents, List.of(documents.all()), settings.hyperparameters()), tokenizer);
        }
        if (enough || (triggered && !made.equals(settings.hyperparameters()))) {
            TrainingRun run = run(tokenizer, documents.all());
            if (models.stream().noneMatch(model -> model.run().equals(run.id()))) {
                return start(run, tokenizer);
            }
        }
        return new Decision.Wait(documents.withProblem(Reason.of("pretrain.upToDate")
                .with("there", figures.newTokens())
                .with("needed", newTokens)));
    }

    /** What a published model was made with; empty if it is no longer in the store. */
    private Map<String, String> hyperparameters(Checkpoint model) throws IOException {
        return store.manifests(Stage.PRETRAIN, model.run()).entrySet().stream()
                .filter(stored ->
                        stored.getKey().sha256().equals(model.reference().sha256()))
                .map(stored -> stored.getValue().hyperparameters())
                .findFirst()
                .orElse(Map.of());
    }

    private TrainingRun run(TrainedTokenizer tokenizer, DatasetSnapshot dataset) {
        return runs.of(parents(tokenizer), List.of(dataset), settings.hyperparameters());
    }

    private Decision start(TrainingRun run, TrainedTokenizer tokenizer) {
        return new Decision.Run(new PretrainJob(run, tokenizer, settings, store, healings));
    }

    private static Map<String, Reference> parents(TrainedTokenizer tokenizer) {
        return Map.of(TOKENIZER, tokenizer.reference());
    }

    private static Map<String, Reference> parents(TrainedTokenizer tokenizer, Checkpoint previous) {
        return Map.of(TOKENIZER, tokenizer.reference(), PretrainJob.PREVIOUS, previous.reference());
    }

    private static boolean isModelOf(TrainedTokenizer tokenizer, Checkpoint checkpoint) {
        Reference parent = checkpoint.parents().get(TOKENIZER);
        return checkpoint.stage() == Stage.PRETRAIN
                && parent != null
                && parent.sha256().equals(tokenizer.reference().sha256());
    }

    /** What the dashboard shows; for any thread. */
    PretrainFigures figures() {
        return figures.withHealing(healings.lines());
    }
}
