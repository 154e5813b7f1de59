package io.alignstream.contracts;

import io.alignstream.contracts.check.Check;

/**
 * A tokenizer version, key {@code name}: the newest record of a name is the one in use.
 *
 * @param reference folder with {@code tokenizer.json} and {@code tokenizer_config.json}
 * @param vocabularySize number of token ids, special tokens included
 * @param sha256 hash of {@code tokenizer.json}; token batches carry it
 * @param documents the snapshot of {@code clean-documents} that the merges were learned from
 */
public record TrainedTokenizer(
        String name, Reference reference, int vocabularySize, String sha256, DatasetSnapshot documents) {

    public TrainedTokenizer {
        Check.id("name", name);
        Check.present("reference", reference);
        Check.atLeast("vocabularySize", vocabularySize, 1);
        Check.sha256("sha256", sha256);
        Check.present("documents", documents);
    }
}
