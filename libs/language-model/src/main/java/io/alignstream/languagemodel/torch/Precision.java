package io.alignstream.languagemodel.torch;

import java.util.Locale;
import java.util.Set;

/** Number format of a training step's products and activations; weights, moments and sums are fp32 always. */
public enum Precision {
    /** Portable default: the same figures to the last bits that fp32 allows. */
    FLOAT32("float32", 6),
    /** Half the memory of activations, and at least twice the speed where the processor multiplies bf16 natively. */
    BFLOAT16("bfloat16", 15);

    private static final Set<String> UNITS = Set.of("avx512_bf16", "amx_bf16", "bf16");

    private final String label;
    private final int torchType;

    Precision(String label, int torchType) {
        this.label = label;
        this.torchType = torchType;
    }

    /** Name in configurations: {@code float32} or {@code bfloat16}. */
    public String label() {
        return label;
    }

    /**
     * The precision of a configuration.
     *
     * @param label {@code float32}, {@code bfloat16}, or {@code auto} for {@link #fastest}
     * @throws IllegalArgumentException for anything else
     */
    public static Precision of(String label) {
        return switch (label.toLowerCase(Locale.ROOT)) {
            case "float32" -> FLOAT32;
            case "bfloat16" -> BFLOAT16;
            case "auto" -> fastest();
            default ->
                throw new IllegalArgumentException(
                        "precision is \"" + label + "\" but must be float32, bfloat16 or auto");
        };
    }

    /** bf16 where the card or processor that computes has units for it, else fp32: emulated bf16 is slower than fp32. */
    public static Precision fastest() {
        return Card.inUse().map(Card::multipliesBf16).orElseGet(Precision::processorMultipliesBf16)
                ? BFLOAT16
                : FLOAT32;
    }

    private static boolean processorMultipliesBf16() {
        return Processor.flags().stream().anyMatch(UNITS::contains);
    }

    /** Bytes of a number. */
    public int bytes() {
        return this == FLOAT32 ? 4 : 2;
    }

    /** libtorch's number of the data type. */
    public int torchType() {
        return torchType;
    }
}
