package io.alignstream.languagemodel.network;

import ai.djl.ndarray.types.Shape;
import io.alignstream.languagemodel.torch.Precision;

/**
 * The memory and the arithmetic that computing with a network takes, from its shape alone.
 *
 * @param config shape of the network
 */
public record Footprint(TransformerConfig config) {

    private static final int FLOAT = 4;
    /** Logits of a chunk. */
    private static final int LOGITS = 16 << 20;
    /** Tokens of a block of keys and values while texts are written. */
    public static final int CACHE_BLOCK = 64;

    /** Most that the states of one block may take while nothing is kept. */
    private static final long SCORING = 512L << 20;

    /** That of a network with this shape. */
    public static Footprint of(TransformerConfig config) {
        return new Footprint(config);
    }

    /** Bytes of the weights, fp32. */
    public long weights() {
        return FLOAT
                * Weights.shapes(config).values().stream()
                        .mapToLong(Shape::size)
                        .sum();
    }

    /** Bytes of the weights of the blocks from {@code lowest} on and, if that is 0, of everything else. */
    public long weightsFrom(int lowest) {
        return FLOAT
                * Weights.shapes(config).entrySet().stream()
                        .filter(entry -> lowest == 0 || Weights.block(entry.getKey()) >= lowest)
                        .mapToLong(entry -> entry.getValue().size())
                        .sum();
    }

    /**
     * Floating point operations that learning from a token needs, however they are computed: 6 for each weight that is multiplied by,
     * and 12 for each layer, head, number of a head and position of the sequence (attention, all positions counted).
     *
     * @param positions of a sequence
     * @see <a href="https://arxiv.org/abs/2204.02311">PaLM, appendix B</a>
     */
    public double trainingFlopsPerToken(int positions) {
        long weights = Weights.shapes(config).entrySet().stream()
                .filter(entry -> config.tiedEmbeddings() || !entry.getKey().equals(Weights.EMBEDDING)) // looked up
                .mapToLong(entry -> entry.getValue().size())
                .sum();
        return 6.0 * weights + 12.0 * config.layers() * config.heads() * config.headWidth() * positions;
    }

    /** Bytes of copies that a step makes of weights for its products: of those that are joined, or all that are converted. */
    public long prepared(Precision precision) {
        return precision.bytes()
                * Weights.shapes(config).entrySet().stream()
                        .filter(entry -> precision != Precision.FLOAT32
                                ? entry.getValue().dimension() == 2
                                : entry.getKey().matches(".*[.](q_proj|k_proj|v_proj|gate_proj|up_proj)[.]weight"))
                        .mapToLong(entry -> entry.getValue().size())
                        .sum();
    }

    /** Bytes of the projections that {@code adapters} change: the step has them merged beside the network's own. */
    public long merged(LoraSettings adapters) {
        return FLOAT
                * Weights.shapes(config).entrySet().stream()
                        .filter(entry -> adapters.targets(entry.getKey())
                                || (!adapters.tokens().isEmpty()
                                        && (entry.getKey().equals(Weights.EMBEDDING)
                                                || entry.getKey().equals(Weights.OUTPUT))))
                        .mapToLong(entry -> entry.getValue().size())
                        .sum();
    }

    /** Bytes of the adapters themselves. */
    public long adapters(LoraSettings adapters) {
        return FLOAT
                * Weights.shapes(config).entrySet().stream()
                        .filter(entry -> adapters.targets(entry.getKey()))
                        .mapToLong(entry -> adapters.rank()
                                * (entry.getValue().get(0) + entry.getValue().get(1)))
                        .sum();
    }

    /** Bytes of the keys and values of sampled answers, which stand in whole blocks. */
    public long cache(int answers, int positions) {
        long tokens = (long) answers * Math.ceilDiv(positions, CACHE_BLOCK) * CACHE_BLOCK;
        return 2L * FLOAT * config.layers() * config.keyValueHeads() * config.headWidth() * tokens;
    }

    /**
     * Bytes that a step takes for a moment besides what it keeps: of one block, and of a chunk of logits with what becomes of
     * them.
     *
     * @param positions of a micro-batch
     */
    public long workspace(int positions) {
        int rows = Math.min(positions, Math.max(128, LOGITS / config.vocabularySize()));
        long logits = 3L * FLOAT * config.vocabularySize() * rows;
        return Math.max(logits, 2L * positions * scoredPerPosition());
    }

    /** Bytes that scoring {@code positions} takes for a moment. */
    public long scoring(long positions) {
        return Math.min(positions, scoredPositions()) * scoredPerPosition();
    }

    /**
     * Bytes that a training step keeps of each position for the backward pass.
     *
     * @param checkpointing whether blocks are computed again on the way back
     */
    public long keptPerPosition(Precision precision, boolean checkpointing) {
        if (checkpointing) {
            long input = 2L * config.width() * precision.bytes() + FLOAT;
            return config.layers() * input + keptOfBlock(precision);
        }
        return config.layers() * keptOfBlock(precision) + precision.bytes() * config.width();
    }

    private long keptOfBlock(Precision precision) {
        long heads = config.heads() + 2L * config.keyValueHeads();
        long states = 4L * config.width() // before and after each norm
                + heads * config.headWidth() // queries, keys, values
                + (long) config.heads() * config.headWidth() // what they mix
                + 2L * config.feedForwardWidth();
        return states * precision.bytes() + FLOAT * (config.heads() + 2L); // denominators, and inverses of norms
    }

    /** Bytes that one block needs of each position while it is computed, and nothing is kept. */
    long scoredPerPosition() {
        long heads = config.heads() + 2L * config.keyValueHeads();
        return FLOAT * (6L * config.width() + 3 * heads * config.headWidth() + 3L * config.feedForwardWidth());
    }

    /** Positions whose kept states take {@code bytes} at most; 1 at least. */
    public int positions(long bytes, Precision precision, boolean checkpointing) {
        return (int) Math.clamp(bytes / keptPerPosition(precision, checkpointing), 1, Integer.MAX_VALUE);
    }

    /** Positions that are scored at a time. */
    int scoredPositions() {
        return (int) Math.clamp(SCORING / scoredPerPosition(), 1, Integer.MAX_VALUE);
    }
}
