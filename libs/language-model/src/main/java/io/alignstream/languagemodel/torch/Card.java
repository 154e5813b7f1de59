package io.alignstream.languagemodel.torch;

/**
 * A card that libtorch computes on.
 *
 * @param number as in {@code cuda:NUMBER}, from 0
 */
public record Card(int number) {

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
