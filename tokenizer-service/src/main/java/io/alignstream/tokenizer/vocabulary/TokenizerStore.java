package io.alignstream.tokenizer.vocabulary;

import io.alignstream.contracts.TrainedTokenizer;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.file.Path;

/** The stored tokenizers; thread-safe. */
@ApplicationScoped
public class TokenizerStore {

    private final CheckpointStore checkpoints;

    TokenizerStore(CheckpointStore checkpoints) {
        this.checkpoints = checkpoints;
    }

    /** The store behind it. */
    public CheckpointStore checkpoints() {
        return checkpoints;
    }

    /** What {@code tokenizer} was learned from. */
    public Manifest manifest(TrainedTokenizer tokenizer) throws IOException {
        return checkpoints.open(tokenizer.reference()).manifest();
    }

    /** The folder with the files of {@code tokenizer}, verified. */
    public Path folder(TrainedTokenizer tokenizer) throws IOException {
        return checkpoints.open(tokenizer.reference()).folder();
    }

    /** Loads {@code tokenizer} and checks that it is the one that the event speaks of. */
    public Tokenizer load(TrainedTokenizer tokenizer) throws IOException {
        StoredCheckpoint stored = checkpoints.open(tokenizer.reference());
        Tokenizer loaded = Tokenizer.load(stored.folder());
        if (!loaded.sha256().equals(tokenizer.sha256())) {
            throw new IOException(stored.folder() + " holds tokenizer " + loaded.sha256() + " but was announced as "
                    + tokenizer.sha256());
        }
        return loaded;
    }
}
