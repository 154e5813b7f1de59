package io.alignstream.benchmarks.simulation;

/**
 * What one worker computes with.
 *
 * @param name for people
 * @param flopsPerSecond floating point operations that forward and backward pass reach, above 0
 * @param updateSeconds of the optimiser for each parameter
 * @param addSeconds of adding one fp32 number to another, in long rows
 * @param shardSeconds that a shard costs beside adding its gradients: a smaller part of the batch keeps it less busy
 */
public record Processor(
        String name, double flopsPerSecond, double updateSeconds, double addSeconds, double shardSeconds) {

    /** Dense bf16, from NVIDIA's data sheet of the H100 SXM (nvidia.com/en-us/data-center/h100). */
    private static final double H100_FLOPS = 989e12;

    /** HBM3, from the same data sheet. */
    private static final double H100_MEMORY_BYTES_PER_SECOND = 3.35e12;

    /** Share of the peak: Llama 3's training reached 38 to 43 % of it on up to 16,000 H100s (arXiv 2407.21783, table 4). */
    private static final double H100_UTILISATION = 0.4;

    /** AdamW in fp32 reads weight, gradient and two moments, and writes all but the gradient. */
    private static final int UPDATE_BYTES = 28;

    /** Reads two numbers and writes one. */
    private static final int ADD_BYTES = 12;

    /** An H100 by its published figures: what is not computing is bound by its memory. */
    public static final Processor H100 = new Processor(
            "H100 SXM (published)",
            H100_UTILISATION * H100_FLOPS,
            UPDATE_BYTES / H100_MEMORY_BYTES_PER_SECOND,
            ADD_BYTES / H100_MEMORY_BYTES_PER_SECOND,
            0);

    public Processor {
        if (!(flopsPerSecond > 0) || !(updateSeconds >= 0) || !(addSeconds >= 0) || !(shardSeconds >= 0)) {
            throw new IllegalArgumentException(name + " needs a speed above 0 and times that are not negative");
        }
    }

    /**
     * The same where a worker gets only a part of it.
     *
     * @param workers how many share it, 1 or more
     */
    public Processor sharedBy(double workers) {
        return new Processor(
                name, flopsPerSecond / workers, updateSeconds * workers, addSeconds * workers, shardSeconds * workers);
    }
}
