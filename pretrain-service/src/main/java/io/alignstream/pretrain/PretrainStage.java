package io.alignstream.pretrain;

import io.alignstream.contracts.Checkpoint;
import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.PoisonEventException;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.TokenBatch;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.pretrain.data.BatchRecord;
import io.alignstream.pretrain.data.PackedDocuments;
import io.alignstream.stageruntime.Decision;
import io.alignstream.stageruntime.Origin;
import io.alignstream.stageruntime.Question;
import io.alignstream.stageruntime.StageDefinition;
import io.alignstream.stageruntime.Subscriptions;
import io.alignstream.stageruntime.View;
import io.alignstream.stageruntime.kept.KeptRecords;
import io.alignstream.stageruntime.kept.KeptState;
import io.alignstream.training.Lineage;
import io.alignstream.training.StoredRun;
import io.alignstream.training.TrainingRun;
import io.alignstream.training.TrainingRuns;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * When a base model is trained: once all documents of a new tokenizer are packed, then whenever enough new tokens have
 * come, and on whatever there is when a person asks. A run on the newest tokenizer that was interrupted goes first.
 *
 * <p>Only the first run starts from random weights. A later one continues the newest model's trunk on the data that has
 * come since; if the network's size was changed in between, or retention has taken the trunk (of a tokenizer that was
 * replaced and is the newest again), it starts anew on all of the data. Where there is less than the newest model was trained on,
 * it waits and says so, until there is more or a person asks for a run on what there is.
 */
@ApplicationScoped
public class PretrainStage implements StageDefinition {

    private final PretrainSettings settings;
    private final long newTokens;
    private final CheckpointStore store;
    private final TrainingRuns runs;
    private final Question<List<StoredRun>> storedRuns;
    /** The models whose training can go on. A collection after the last job makes it too many: then the next job fails. */
    private final Question<Set<String>> continuable;

    private final Map<String, PackedDocuments> packed = new HashMap<>();
    /** By the tokenizers' sha256. */
    private final KeptRecords<PackedDocuments.Kept> kept;

    private volatile PretrainFigures figures = PretrainFigures.NONE;

    PretrainStage(PretrainConfig config, CheckpointStore store, KeptState state) {
        this.kept = new KeptRecords<>(state, "packed", PackedDocuments.Kept.class);
        this.settings = config.settings();
        this.newTokens = config.newTokens();
        this.store = store;
        this.runs = new TrainingRuns(store, Stage.PRETRAIN);
        this.storedRuns = Question.ofRuns(runs::stored, settings.batches().shards());
        this.continuable = Question.ofRuns(runs::continuable, settings.batches().shards());
    }

    @Override
    public Stage stage() {
        return Stage.PRETRAIN;
    }

    @Override
    public void subscribe(Subscriptions subscriptions) {
        subscriptions.follow(Topic.TOKENIZERS, (tokenizer, origin) -> announced(tokenizer));
        subscriptions.followAfter(Topic.TOKENIZERS, Topic.TOKEN_BATCHES, new Subscriptions.KeptHandler<>() {
            @Override
            public int version() {
                return 1;
            }

            @Override
            public void handle(TokenBatch batch, Origin origin) throws PoisonEventException {
                take(batch, origin);
            }

            @Override
            public void save() {
                packed.forEach((sha256, documents) -> kept.put(sha256, documents.keep()));
            }
        });
        subscriptions.follow(Topic.CHECKPOINTS);
        subscriptions.follow(Topic.INCIDENTS);
        subscriptions.ask(storedRuns);
        subscriptions.ask(continuable);
    }

    private void announced(TrainedTokenizer tokenizer) {
        PackedDocuments known = packed.putIfAbsent(tokenizer.sha256(), packed(tokenizer));
        if (known != null) {
            known.announcedAgain();
        }
    }

    private PackedDocuments packed(TrainedTokenizer tokenizer) {
        return kept.get(tokenizer.sha256())
                .map(known -> new PackedDocuments(tokenizer, known))
                .orElseGet(() -> new PackedDocuments(tokenizer));
    }

    private void take(TokenBatch batch, Origin origin) throws PoisonEventException {
        PackedDocuments documents = packed.get(batch.tokenizerSha256());
        if (documents == null) {
            throw new PoisonEventException(
                    Reason.of("poison.unknownTokenizer").with("tokenizer", batch.tokenizerSha256()));
        }
        documents.add(batch, BatchRecord.of(origin));
    }

    /** The newest tokenizer with its documents and base models; empty before the first tokenizer. */
    private record Vocabulary(TrainedTokenizer tokenizer, PackedDocuments documents, List<Checkpoint> models) {

        Lineage lineage() {
            return Lineage.of(Lineage.TOKENIZER, tokenizer.reference());
        }

        Lineage continuing() {
            return lineage().and(Lineage.PREVIOUS, models.getLast().reference());
        }
    }

    private Optional<Vocabulary> newest(View view) {
        // An imported tokenizer was learned from no documents of ours: its base model is imported, too.
        return view.newestByKey(Topic.TOKENIZERS).stream()
                .filter(learned -> learned.documents().offsets() > 0)
                .reduce((older, newer) -> newer)
                .map(tokenizer -> new Vocabulary(
                        tokenizer,
                        packed.getOrDefault(tokenizer.sha256(), new PackedDocuments(tokenizer)),
                        Lineage.of(Lineage.TOKENIZER, tokenizer.reference()).of(models(view))));
    }

    /** The base models that have learned what this stage's would: others are nothing to compare with, or to go on from. */
    private List<Checkpoint> models(View view) {
        return view.checkpoints(Stage.PRETRAIN).stream()
                .filter(model -> model.masked() == settings.masked())
                .toList();
    }

    @Override
    public void show(View view) {
        figures = newest(view).map(this::figures).orElse(PretrainFigures.NONE);
    }

    private PretrainFigures figures(Vocabulary vocabulary) {
        return PretrainFigures.of(vocabulary.tokenizer(), vocabulary.documents(), vocabulary.models(), newTokens);
    }

    @Override
    public Decision decide(View view, boolean triggered) {
        Optional<Vocabulary> newest = newest(view);
        if (newest.isEmpty()) {
            return new Decision.Wait(Reason.of("pretrain.noTokenizer"));
        }
        List<StoredRun> stored = view.answer(storedRuns);
        Optional<TrainingRun> open = open(newest.get(), stored, view.abandoned());
        return open.isPresent()
                ? start(open.get(), newest.get())
                : compare(newest.get(), stored, view.answer(continuable), triggered);
    }

    /** A run that a killed process has left behind: in the middle, or finished but not published. */
    private Optional<TrainingRun> open(Vocabulary vocabulary, List<StoredRun> stored, Set<String> abandoned) {
        List<Checkpoint> models = vocabulary.models();
        List<String> published = models.stream().map(Checkpoint::run).toList();
        Map<String, String> hyperparameters = settings.hyperparameters();
        Optional<TrainingRun> first = runs.open(vocabulary.lineage(), hyperparameters, stored, published, abandoned);
        return first.isPresent() || models.isEmpty()
                ? first
                : runs.open(vocabulary.continuing(), hyperparameters, stored, published, abandoned);
    }

    private Decision compare(
            Vocabulary vocabulary, List<StoredRun> stored, Set<String> continuable, boolean triggered) {
        PackedDocuments documents = vocabulary.documents();
        List<Checkpoint> models = vocabulary.models();
        // Where a batch was lost, a person may decide that the rest will do.
        if (!documents.holdsOwnDocuments() && !(triggered && documents.hasGaps())) {
            return new Decision.Wait(documents.withProblem(Reason.of("pretrain.packing")
                    .with("tokenizer", vocabulary.tokenizer().sha256().substring(0, 12))
                    .with("sequences", documents.trainingSequences())));
        }
        if (documents.trainingSequences() == 0) {
            return new Decision.Wait(Reason.of("pretrain.noSequences"));
        }
        if (models.isEmpty() && !triggered) {
            return start(run(vocabulary, documents.ownDocuments()), vocabulary);
        }
        PretrainFigures data = figures(vocabulary);
        if (data.gone() > 0 && !triggered) {
            return new Decision.Wait(documents.withProblem(Reason.of("pretrain.dataShrank")
                    .with("model", models.getLast().reference().shortSha256())
                    .with("sequences", documents.trainingSequences())
                    .with("gone", data.gone())));
        }
        Map<String, String> made = models.isEmpty() ? Map.of() : hyperparameters(models.getLast(), stored);
        long unseen = data.newTokens();
        // Where a person sees that data are gone and asks for a run, it is one on what there is.
        boolean enough = data.gone() > 0 || unseen >= (triggered ? 1 : newTokens);
        boolean fits = settings.fits(made);
        boolean there = data.gone() == 0
                && !models.isEmpty()
                && continuable.contains(models.getLast().reference().sha256());
        if (enough && fits && there) {
            return start(
                    runs.of(vocabulary.continuing(), List.of(documents.all()), settings.hyperparameters()), vocabulary);
        }
        if (enough || (triggered && !made.equals(settings.hyperparameters()))) {
            TrainingRun run = run(vocabulary, documents.all());
            if (models.stream().noneMatch(model -> model.run().equals(run.id()))) {
                return start(
                        run,
                        vocabulary,
                        unseen > 0 && enough && fits ? Optional.of(models.getLast()) : Optional.empty());
            }
        }
        return new Decision.Wait(documents.withProblem(
                Reason.of("pretrain.upToDate").with("there", unseen).with("needed", newTokens)));
    }

    /** What a published model was made with; empty if it is no longer in the store. */
    private static Map<String, String> hyperparameters(Checkpoint model, List<StoredRun> stored) {
        return stored.stream()
                .filter(run -> run.finished().contains(model.reference().sha256()))
                .map(StoredRun::hyperparameters)
                .findFirst()
                .orElse(Map.of());
    }

    private TrainingRun run(Vocabulary vocabulary, DatasetSnapshot dataset) {
        return runs.of(vocabulary.lineage(), List.of(dataset), settings.hyperparameters());
    }

    private Decision start(TrainingRun run, Vocabulary vocabulary) {
        return start(run, vocabulary, Optional.empty());
    }

    private Decision start(TrainingRun run, Vocabulary vocabulary, Optional<Checkpoint> insteadOf) {
        return new Decision.Run(
                new PretrainJob(run, vocabulary.tokenizer(), insteadOf.map(Checkpoint::reference), settings, store));
    }

    /** What the dashboard shows; for any thread. */
    PretrainFigures figures() {
        return figures;
    }
}
