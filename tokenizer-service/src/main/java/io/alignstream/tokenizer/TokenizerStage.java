package io.alignstream.tokenizer;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Reason;
import io.alignstream.contracts.Stage;
import io.alignstream.contracts.Topic;
import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.contracts.hash.Sha256;
import io.alignstream.stageruntime.Decision;
import io.alignstream.stageruntime.StageDefinition;
import io.alignstream.stageruntime.Subscriptions;
import io.alignstream.stageruntime.View;
import io.alignstream.tokenizer.cleaning.CleaningBacklog;
import io.alignstream.tokenizer.vocabulary.TokenizerStore;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * When a tokenizer is learned: once by itself, when there are enough documents and no more are coming; afterwards only
 * when a person asks and the documents or the vocabulary size have changed. Of several instances the one that cleans the
 * first partition learns. Also tells the packing topology which tokenizer is the newest.
 */
@ApplicationScoped
public class TokenizerStage implements StageDefinition {

    private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

    private final TokenizerConfig config;
    private final CleaningBacklog backlog;
    private final TokenizerStore store;
    private final TokenizerStreams streams;

    TokenizerStage(TokenizerConfig config, CleaningBacklog backlog, TokenizerStore store, TokenizerStreams streams) {
        this.config = config;
        this.backlog = backlog;
        this.store = store;
        this.streams = streams;
    }

    @Override
    public Stage stage() {
        return Stage.TOKENIZER;
    }

    @Override
    public void subscribe(Subscriptions subscriptions) {
        subscriptions.follow(Topic.TOKENIZERS);
        subscriptions.follow(Topic.CLEAN_DOCUMENTS);
    }

    @Override
    public Decision decide(View view, boolean triggered) {
        TrainedTokenizer newest = view.newestByKey(Topic.TOKENIZERS).stream()
                .filter(tokenizer -> tokenizer.name().equals(TokenizerLoop.NAME))
                .reduce((older, newer) -> newer)
                .orElse(null);
        if (newest != null) {
            streams.pack(newest);
        }
        if (!triggered) {
            Decision wait = await(view, newest);
            if (wait != null) {
                return wait;
            }
        }
        Optional<Boolean> learnsHere = streams.learnsHere();
        if (learnsHere.isEmpty()) {
            return new Decision.WaitFor(Reason.of("tokenizer.cleaningStarts"), LOOK_AGAIN);
        }
        if (!learnsHere.get()) {
            return new Decision.WaitFor(Reason.of("tokenizer.learnsElsewhere"), LOOK_AGAIN);
        }
        try {
            return compare(newest);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Decision.Wait(Reason.of("tokenizer.interrupted"));
        } catch (IOException e) {
            throw new IllegalStateException("cannot look into the tokenizer " + newest, e);
        }
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

    private Decision compare(@Nullable TrainedTokenizer newest) throws InterruptedException, IOException {
        DatasetSnapshot documents = backlog.documents();
        if (documents.offsets() == 0) {
            return new Decision.Wait(Reason.of("tokenizer.noDocuments"));
        }
        String run = run(documents);
        if (newest != null && store.manifest(newest).run().equals(run)) {
            return new Decision.Wait(about("tokenizer.upToDate", newest));
        }
        return new Decision.Run(new TokenizerLoop(
                new TokenizerLoop.Inputs(run, documents, config.vocabularySize(), newest),
                backlog,
                store.checkpoints()));
    }

    private String run(DatasetSnapshot documents) {
        String inputs = Stage.TOKENIZER.id() + "\n" + documents + "\nvocabularySize=" + config.vocabularySize();
        return Sha256.hex(inputs).substring(0, 12);
    }

    private static Reason about(String code, TrainedTokenizer tokenizer) {
        return Reason.of(code)
                .with("tokenizer", tokenizer.sha256().substring(0, 12))
                .with("tokens", tokenizer.vocabularySize());
    }
}
