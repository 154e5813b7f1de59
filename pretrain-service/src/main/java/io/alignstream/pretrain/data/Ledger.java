package io.alignstream.pretrain.data;

import io.alignstream.training.ModelFiles;
import java.util.Map;

/**
 * What a checkpoint was trained on, {@value #FILE} beside the weights: the Merkle root of each shard's sequences, and how
 * far the training is.
 *
 * <p>The roots are made when the data is first read. A pass takes the same batches, as {@link BatchReplay} tells them,
 * and every sequence of its shuffle windows once; at its end all batches must have come. So a checkpoint with {@code
 * passes=1} and {@code sequences=0} has seen exactly the sequences below these roots, each once; the packer gives the same
 * roots in the headers of the token batches. The manifest holds the hash of this file.
 */
public final class Ledger {

    static final String FILE = "ledger.txt";

    private Ledger() {}

    /**
     * The model with the file beside it, unless nobody keeps a ledger of these sequences.
     *
     * @param passes that are done
     * @param trained sequences of the present pass that are done
     */
    public static ModelFiles beside(ModelFiles model, ShuffledSequences sequences, long passes, long trained) {
        Map<String, String> roots = sequences.ledger();
        if (roots.isEmpty()) {
            return model;
        }
        StringBuilder text = new StringBuilder();
        roots.forEach(
                (lane, root) -> text.append(lane).append(": ").append(root).append('\n'));
        text.append("trained: passes=")
                .append(passes)
                .append(" sequences=")
                .append(trained)
                .append('\n');
        return model.with(FILE, text.toString());
    }
}
