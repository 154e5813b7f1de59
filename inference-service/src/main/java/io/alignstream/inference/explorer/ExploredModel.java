package io.alignstream.inference.explorer;

import io.alignstream.contracts.Reference;
import io.alignstream.languagemodel.checkpoint.NativeMemory;
import io.alignstream.languagemodel.insight.Inspector;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;

/**
 * A model that is looked into, open while a question is answered.
 *
 * @param version which one of the release's lineage
 * @param inspector of {@code network}
 */
record ExploredModel(
        Version version, Reference reference, Transformer network, Tokenizer tokenizer, Inspector inspector)
        implements AutoCloseable {

    @Override
    public void close() {
        network.close();
        NativeMemory.trim();
    }
}
