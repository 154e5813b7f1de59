package io.alignstream.pretrain;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a checkpoint was trained on, {@value #FILE} beside the weights: the Merkle root of each shard's sequences, and how
 * far the training is.
 *
 * <p>A pass takes every sequence of its shuffle windows once, and at its end compares its roots with these. So a checkpoint
 * with {@code passes=1} and {@code sequences=0} has seen exactly the sequences below these roots, each once; the packer
 * gives the same roots in the headers of the token batches. The manifest holds the hash of this file.
 */
final class Ledger {

    static final String FILE = "ledger.txt";

    private Ledger() {}

    /** Writes the file, unless nobody keeps a ledger of these sequences. */
    static void write(Path folder, ShuffledSequences sequences) throws IOException {
        Map<String, String> roots = sequences.ledger();
        if (roots.isEmpty()) {
            return;
        }
        StringBuilder text = new StringBuilder();
        roots.forEach(
                (lane, root) -> text.append(lane).append(": ").append(root).append('\n'));
        text.append("trained: passes=")
                .append(sequences.epoch())
                .append(" sequences=")
                .append(sequences.nextSequence())
                .append('\n');
        Files.write(folder.resolve(FILE), text.toString().getBytes(StandardCharsets.UTF_8));
    }
}
