package io.alignstream.tokenizer;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.contracts.messages.Reason;
import io.alignstream.stageruntime.Decision;
import io.alignstream.stageruntime.Question;
import io.alignstream.stageruntime.StageDefinition;
import io.alignstream.stageruntime.Subscriptions;
import io.alignstream.stageruntime.View;
import io.alignstream.tokenizer.cleaning.CleaningBacklog;
import io.alignstream.tokenizer.vocabulary.TokenizerStore;
import io.alignstream.training.StoredRun;
import io.alignstream.training.TokenizerRun;
import io.alignstream.training.TrainingRuns;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * When a tokenizer is learned: once by itself, when there are enough documents and no more are coming; afterwards only
 * when a person asks and the documents or the vocabulary size have changed. Of several instances the one that cleans the
 * first partition learns. Also tells the packing topology which tokenizer is the newest.
 */
@ApplicationScoped
public class TokenizerStage implements StageDefinition {

    /**
     * So many clean documents of a partition are counted one by one: whether there are enough for a tokenizer is known
     * exactly where there are few. Beyond, the transactions' markers count with them.
     */
    private static final int COUNTED = 100_000;

    private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

    private final TokenizerConfig config;
    private final CleaningBacklog backlog;
    private final TokenizerStore store;
    private final TokenizerStreams streams;
    private final TrainingRuns runs;
    private final Question<Cleaning> cleaning;
    private final Question<List<StoredRun>> storedRuns;

    TokenizerStage(TokenizerConfig config, CleaningBacklog backlog, TokenizerStore store, TokenizerStreams streams) {
        this.config = config;
        this.backlog = backlog;
        this.store = store;
        this.streams = streams;
        this.runs = new TrainingRuns(store.checkpoints(), Stage.TOKENIZER);
        this.cleaning = Question.eachTime(this::cleaning);
        this.storedRuns = Question.afterJobs(runs::stored);
    }

    /**
     * How far cleaning is.
     *
     * @param failure why a topology processes nothing any more
     * @param learnsHere whether this instance learns tokenizers; empty while nobody knows
     * @param documents the raw documents there are
     * @param ends what stands at their ends
     */
    private record Cleaning(
            Optional<Reason> failure, Optional<Boolean> learnsHere, DatasetSnapshot documents, String ends) {}

    private Cleaning cleaning() throws InterruptedException {
        DatasetSnapshot documents = backlog.documents();
        return new Cleaning(streams.failure(), streams.learnsHere(), documents, backlog.ends(documents));
    }

    @Override
    public Stage stage() {
        return Stage.TOKENIZER;
    }

    @Override
    public void subscribe(Subscriptions subscriptions) {
        subscriptions.follow(Topic.TOKENIZERS);
        subscriptions.followNewest(Topic.CLEAN_DOCUMENTS, COUNTED, (document, origin) -> {});
        subscriptions.ask(cleaning);
        subscriptions.ask(storedRuns);
    }

    /** The newest tokenizer is the one that documents are packed with. */
    @Override
    public void show(View view) {
        streams.know(view.newestByKey(Topic.TOKENIZERS));
        newest(view).ifPresent(streams::pack);
    }

    private static Optional<TrainedTokenizer> newest(View view) {
        return view.newestByKey(Topic.TOKENIZERS).stream()
                .filter(tokenizer -> tokenizer.name().equals(TokenizerJob.NAME))
                .reduce((older, newer) -> newer);
    }

    @Override
    public Decision decide(View view, boolean triggered) {
        Cleaning now = view.answer(cleaning);
        if (now.failure().isPresent()) {
            return new Decision.Wait(now.failure().get());
        }
        TrainedTokenizer newest = newest(view).orElse(null);
        if (!triggered) {
            Decision wait = await(view, newest);
            if (wait != null) {
                return wait;
            }
        }
        if (now.learnsHere().isEmpty()) {
            return new Decision.WaitFor(Reason.of("tokenizer.cleaningStarts"), LOOK_AGAIN);
        }
        return now.learnsHere().get()
                ? compare(newest, now, view)
                : new Decision.WaitFor(Reason.of("tokenizer.learnsElsewhere"), LOOK_AGAIN);
    }

    /** What to wait for when nobody asked for a run; null if nothing is left to wait for. */
    private @Nullable Decision await(View view, @Nullable TrainedTokenizer newest) {
        if (newest != null) {
            return new Decision.Wait(about("tokenizer.inUse", newest));
        }
        long documents = view.count(Topic.CLEAN_DOCUMENTS);
        if (documents < config.minimumDocuments()) {
            return new Decision.Wait(Reason.of("tokenizer.tooFewDocuments")
                    .with("needed", config.minimumDocuments())
                    .with("there", documents));
        }
        Duration left = config.debounce().minus(view.quietFor(Topic.CLEAN_DOCUMENTS));
        return left.isPositive() ? new Decision.WaitFor(Reason.of("tokenizer.documentsComing"), left) : null;
    }

    private Decision compare(@Nullable TrainedTokenizer newest, Cleaning now, View view) {
        if (now.documents().offsets() == 0) {
            return new Decision.Wait(Reason.of("tokenizer.noDocuments"));
        }
        TokenizerRun run = new TokenizerRun(store.checkpoints(), now.documents(), now.ends(), config.vocabularySize());
        if (newest != null && made(newest, run.id(), view.answer(storedRuns))) {
            return new Decision.Wait(about("tokenizer.upToDate", newest));
        }
        return new Decision.Run(
                new TokenizerJob(run, newest, backlog, streams::failure, view.count(Topic.CLEAN_DOCUMENTS)));
    }

    private static boolean made(TrainedTokenizer tokenizer, String run, List<StoredRun> stored) {
        return stored.stream().filter(known -> known.id().equals(run)).anyMatch(known -> known.finished()
                .contains(tokenizer.reference().sha256()));
    }

    private static Reason about(String code, TrainedTokenizer tokenizer) {
        return Reason.of(code)
                .with("tokenizer", tokenizer.sha256().substring(0, 12))
                .with("tokens", tokenizer.vocabularySize());
    }
}
