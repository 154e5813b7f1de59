package io.alignstream.languagemodel.torch;

import java.util.Locale;
import java.util.Optional;

/**
 * A card that libtorch computes on.
 *
 * @param number as in {@code cuda:NUMBER}, from 0
 */
public record Card(int number) {

    private static final int MAJOR_VERSION = 75;
    /** From Ampere on. */
    private static final int MULTIPLIES_BF16 = 8;

    /** The card that this process computes on; empty where the processor does. Where there is a card this starts libtorch. */
    public static Optional<Card> inUse() {
        return CudaDriver.count() > 0 ? TorchRuntime.get().card() : Optional.empty();
    }

    /** Whether {@code failure} comes from a card that had no memory left. */
    public static boolean isFull(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String message = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
            if (message.contains("cuda out of memory") || message.contains("cuda error: out of memory")) {
                return true;
            }
        }
        return false;
    }

    /** Whether it has units for products in bf16. */
    boolean multipliesBf16() {
        return CudaDriver.attribute(number, MAJOR_VERSION) >= MULTIPLIES_BF16;
    }

    /** Its name, such as {@code NVIDIA H100 80GB HBM3}. */
    public String name() {
        return CudaDriver.name(number);
    }

    /** Bytes of its memory. */
    public long totalBytes() {
        return CudaDriver.totalBytes(number);
    }

    /** Bytes of its memory that nobody has taken, libtorch's own reserve included in what is taken. */
    public long freeBytes() {
        return CudaDriver.freeBytes(number);
    }
}
