package io.alignstream.languagemodel.network;

import ai.djl.ndarray.NDArray;
import java.util.SequencedMap;

/** Weights that learn: those of a network or of its last blocks, or of the adapters of a network whose own weights stay as they are. */
public sealed interface Trainable permits Transformer, UpperBlocks, LoraAdapters {

    /** The network that computes with them. */
    Transformer network();

    /** The weights by name, in a fixed order, each array named {@code DICTIONARY.NAME} as a program takes it. */
    SequencedMap<String, NDArray> weights();

    /** The lowest block with a weight that learns, from 0; above 0 nothing outside the blocks learns. */
    default int lowestBlock() {
        return 0;
    }
}
