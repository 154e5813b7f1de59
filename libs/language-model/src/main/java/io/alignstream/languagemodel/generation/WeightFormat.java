package io.alignstream.languagemodel.generation;

import io.alignstream.languagemodel.network.Footprint;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.torch.Precision;
import io.alignstream.languagemodel.torch.TorchProgram;
import java.util.Locale;

/** How numbers of weights stand in memory while texts are written; keys, values and sums are fp32 always. */
public enum WeightFormat {
    /** As they were trained. */
    FLOAT32("float32", 6),
    /** Half the memory; inputs of products are rounded, too. */
    BFLOAT16("bfloat16", 15),
    /**
     * A quarter of the memory: 64 numbers share a scale by their greatest one, as in llama.cpp's Q8_0 (with 32), and inputs of
     * products likewise. Without the fused operators, or where 64 does not divide a weight's width, weights are rounded the
     * same way and stay in fp32.
     */
    INT8("int8", 1);

    private final String label;
    private final int code;

    WeightFormat(String label, int code) {
        this.label = label;
        this.code = code;
    }

    /** Name in configurations. */
    public String label() {
        return label;
    }

    /**
     * The format of a configuration.
     *
     * @throws IllegalArgumentException for none
     */
    public static WeightFormat of(String label) {
        for (WeightFormat format : values()) {
            if (format.label.equals(label.toLowerCase(Locale.ROOT))) {
                return format;
            }
        }
        throw new IllegalArgumentException(
                "a format of weights is \"" + label + "\" but must be float32, bfloat16 or int8");
    }

    /** Bytes of a network's weights in this format. */
    public long bytes(TransformerConfig config) {
        Footprint footprint = Footprint.of(config);
        long halves = footprint.prepared(Precision.BFLOAT16);
        return switch (this) {
            case FLOAT32 -> footprint.weights();
            case BFLOAT16 -> halves;
            // a scale behind 64 numbers, and the embedding in bf16 besides
            case INT8 ->
                TorchProgram.hasFusedOperators()
                        ? halves * 68 / 128 + (long) Short.BYTES * config.vocabularySize() * config.width()
                        : footprint.weights();
        };
    }

    /** What the program calls it. */
    int code() {
        return code;
    }
}
