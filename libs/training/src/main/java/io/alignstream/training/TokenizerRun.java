package io.alignstream.training;

import io.alignstream.contracts.DatasetSnapshot;
import io.alignstream.contracts.Reference;
import io.alignstream.contracts.Stage;
import io.alignstream.languagemodel.checkpoint.CheckpointStore;
import io.alignstream.languagemodel.checkpoint.Manifest;
import io.alignstream.languagemodel.checkpoint.StoredCheckpoint;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The run of a tokenizer, which is learned in one go: nothing to resume, one finished checkpoint. Thread-safe.
 *
 * @param documents the raw documents whose clean ones it learns from
 * @param ends hash of the first and the last record of each partition: other documents at the same offsets make another run
 * @param vocabularySize token ids to learn at most
 */
public record TokenizerRun(CheckpointStore store, DatasetSnapshot documents, String ends, int vocabularySize) {

    private static final String VOCABULARY_SIZE = "vocabularySize";

    /** First 12 hexadecimal digits of a hash of stage, documents with their ends, and vocabulary size. */
    public String id() {
        return TrainingRuns.id(String.join(
                "\n",
                Stage.TOKENIZER.id(),
                documents.topic() + documents.partitions(),
                ends,
                VOCABULARY_SIZE + "=" + vocabularySize));
    }

    /** What shapes the tokenizer besides the documents. */
    public Map<String, String> hyperparameters() {
        return Map.of(VOCABULARY_SIZE, Integer.toString(vocabularySize));
    }

    /** The stored tokenizer, opened and checked; empty if it was not learned yet. */
    public Optional<StoredCheckpoint> finished() throws IOException {
        return store.newest(Stage.TOKENIZER, id());
    }

    /**
     * Stores the tokenizer and opens it.
     *
     * @param learned the clean documents that it was learned from
     * @param metrics finite figures
     * @param beside writes further files into the checkpoint's folder
     */
    public StoredCheckpoint save(
            Tokenizer tokenizer, DatasetSnapshot learned, Map<String, Double> metrics, CheckpointStore.Content beside)
            throws IOException {
        Manifest draft = Manifest.draft(Stage.TOKENIZER, id(), tokenizer.vocabularySize())
                .withComplete(true)
                .withDatasets(List.of(documents, learned))
                .withHyperparameters(hyperparameters())
                .withMetrics(metrics)
                .withFingerprint(Map.of("tokenizer", tokenizer.sha256()));
        Reference stored = store.save(draft, folder -> {
            tokenizer.save(folder);
            beside.write(folder);
        });
        return store.open(stored);
    }
}
