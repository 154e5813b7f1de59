package io.alignstream.tokenizer;

import io.alignstream.contracts.DatasetSnapshot;
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
            return new Decision.WaitFor("waiting for the cleaning topology", LOOK_AGAIN);
        }
        if (!learnsHere.get()) {
            return new Decision.WaitFor(
                    "the instance that cleans partition 0 of documents learns the tokenizer", LOOK_AGAIN);
        }
        try {
            return compare(newest);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Decision.Wait("interrupted");
        } catch (IOException e) {
            throw new IllegalStateException("cannot look into the tokenizer " + newest, e);
        }
    }

    /** What to wait for when nobody asked for a run; null if nothing is left to wait for. */
    private @Nullable Decision await(View view, @Nullable TrainedTokenizer newest) {
        if (newest != null) {
            return new Decision.Wait(name(newest) + " is in use; later documents are packed with it."
                    + " Trigger to learn a new one from all documents");
        }
        long documents = view.count(Topic.CLEAN_DOCUMENTS);
        if (documents < config.minimumDocuments()) {
            return new Decision.Wait(String.format(
                    "the first tokenizer starts with %,d clean documents, there are %,d; or trigger it",
                    config.minimumDocuments(), documents));
        }
        Duration left = config.debounce().minus(view.quietFor(Topic.CLEAN_DOCUMENTS));
        return left.isPositive() ? new Decision.WaitFor("documents are still coming", left) : null;
    }

    private Decision compare(@Nullable TrainedTokenizer newest) throws InterruptedException, IOException {
        DatasetSnapshot documents = backlog.documents();
        if (documents.offsets() == 0) {
            return new Decision.Wait("there are no documents; publish some, then trigger again");
        }
        String run = run(documents);
        if (newest != null && store.manifest(newest).run().equals(run)) {
            return new Decision.Wait("up to date: " + name(newest) + " was learned from exactly these documents");
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

    private static String name(TrainedTokenizer tokenizer) {
        return "tokenizer " + tokenizer.sha256().substring(0, 12) + " with " + tokenizer.vocabularySize() + " tokens";
    }
}
