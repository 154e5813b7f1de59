package io.alignstream.languagemodel.network;

/**
 * What a family of models adds to the plain network.
 *
 * @param architecture the family, kept in exports
 * @param headWidth size of one head; even; heads times this need not be the network's width
 * @param attentionBias whether queries, keys and values have biases (and the output projection, except for Qwen2)
 * @param feedForwardBias whether the SwiGLU block's projections have biases; Llama only
 * @param scaling how rotary frequencies are stretched for longer contexts
 */
public record Variant(
        Architecture architecture,
        int headWidth,
        boolean attentionBias,
        boolean feedForwardBias,
        RotaryScaling scaling) {

    public Variant {
        if (headWidth < 2 || headWidth % 2 != 0) {
            throw new IllegalArgumentException("head_dim " + headWidth + " must be even and at least 2");
        }
        if (architecture == Architecture.QWEN2 && !attentionBias) {
            throw new IllegalArgumentException("a qwen2 network always has biases on queries, keys and values");
        }
        if (feedForwardBias && architecture != Architecture.LLAMA) {
            throw new IllegalArgumentException("only a llama network can have biases in the feed-forward block");
        }
    }

    /** A Llama without biases and with plain rotary positions. */
    public static Variant llama(int headWidth) {
        return new Variant(Architecture.LLAMA, headWidth, false, false, RotaryScaling.NONE);
    }

    /** Whether the output projection of attention has a bias. */
    public boolean outputBias() {
        return attentionBias && architecture != Architecture.QWEN2;
    }

    /** Whether each head's query and key is normalised. */
    public boolean normalisedHeads() {
        return architecture == Architecture.QWEN3;
    }
}
