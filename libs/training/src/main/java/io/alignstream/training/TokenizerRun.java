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
 * The run of a tokenizer, which is learned in one go: nothing to resume, one finished checkpoint.
 *
 * @param id of the run
 */
public record TokenizerRun(CheckpointStore store, String id) {

    /** The stored tokenizer, opened and checked; empty if it was not learned yet. */
    public Optional<StoredCheckpoint> finished() throws IOException {
        return store.newest(Stage.TOKENIZER, id);
    }

    /**
     * Stores the tokenizer and opens it.
     *
     * @param metrics finite figures
     * @param beside writes further files into the checkpoint's folder
     */
    public StoredCheckpoint save(
            Tokenizer tokenizer,
            List<DatasetSnapshot> datasets,
            Map<String, String> hyperparameters,
            Map<String, Double> metrics,
            CheckpointStore.Content beside)
            throws IOException {
        Manifest draft = Manifest.draft(Stage.TOKENIZER, id, tokenizer.vocabularySize())
                .withComplete(true)
                .withDatasets(datasets)
                .withHyperparameters(hyperparameters)
                .withMetrics(metrics)
                .withFingerprint(Map.of("tokenizer", tokenizer.sha256()));
        Reference stored = store.save(draft, folder -> {
            tokenizer.save(folder);
            beside.write(folder);
        });
        return store.open(stored);
    }
}
