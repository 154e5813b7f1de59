package io.alignstream.pretrain.data;

import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.tokenizer.Tokenizer;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Sequences that the model never learns from.
 *
 * <p>The loss is turned into bits per byte of UTF-8 text, which can be compared between tokenizers.
 *
 * @param sequences token ids, may be empty
 * @param batch sequences that are scored at once
 */
public record Validation(List<int[]> sequences, Tokenizer tokenizer, int batch) {

    /** Bits of surprise for each byte of the targets' text; empty if there is no text to predict. */
    public OptionalDouble bitsPerByte(Transformer model) {
        double nats = 0;
        long bytes = 0;
        for (int from = 0; from < sequences.size(); from += batch) {
            List<int[]> rows = sequences.subList(from, Math.min(sequences.size(), from + batch));
            Sequences scored = Sequences.packed(rows, tokenizer.pad());
            if (scored.targetCount() > 0) {
                nats += model.meanLoss(scored) * scored.targetCount();
            }
            bytes += bytes(scored, tokenizer);
        }
        return bytes == 0 ? OptionalDouble.empty() : OptionalDouble.of(nats / Math.log(2) / bytes);
    }

    /** Size of the targets' text in UTF-8. */
    public static long bytes(Sequences sequences, Tokenizer tokenizer) {
        long bytes = 0;
        for (long target : sequences.targets()) {
            bytes += target >= 0 ? tokenizer.byteLength((int) target) : 0;
        }
        return bytes;
    }
}
