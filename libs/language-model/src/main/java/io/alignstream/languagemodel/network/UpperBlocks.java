package io.alignstream.languagemodel.network;

import ai.djl.ndarray.NDArray;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * The last blocks of a network as what learns; embeddings, lower blocks and output stay as they are.
 *
 * <p>What a network knows lies in all of its blocks, how it puts it mostly in the last ones: a policy whose lower blocks are
 * frozen forgets less of what it is not asked (as in Sparrow, Glaese et al., arXiv 2209.14375, where 64 of 80 blocks are).
 *
 * @param blocks how many of the last blocks, 1 to all
 */
public record UpperBlocks(Transformer network, int blocks) implements Trainable {

    public UpperBlocks {
        int all = network.config().layers();
        if (blocks < 1 || blocks > all) {
            throw new IllegalArgumentException(blocks + " blocks are to learn but the network has " + all);
        }
    }

    /**
     * The last {@code share} of the blocks, rounded up.
     *
     * @param share above 0, at most 1; 1 is the whole network, embeddings and output included
     */
    public static Trainable share(Transformer network, double share) {
        int layers = network.config().layers();
        return share == 1 ? network : new UpperBlocks(network, layers - lowestBlock(layers, share));
    }

    /** The first block of the last {@code share} of so many; 0 if all of them learn. */
    public static int lowestBlock(int layers, double share) {
        return layers - (int) Math.ceil(share * layers);
    }

    @Override
    public SequencedMap<String, NDArray> weights() {
        SequencedMap<String, NDArray> learning = new LinkedHashMap<>();
        network.weights().forEach((name, weight) -> {
            if (Weights.block(name) >= lowestBlock()) {
                learning.put(name, weight);
            }
        });
        return learning;
    }

    @Override
    public int lowestBlock() {
        return network.config().layers() - blocks;
    }
}
