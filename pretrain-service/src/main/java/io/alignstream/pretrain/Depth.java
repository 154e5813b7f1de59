package io.alignstream.pretrain;

/**
 * The one dial: sizes, learning rate and token budget of a run as functions of its depth. Depth 4 is the demo.
 *
 * <p>Width grows with depth, so parameters grow with its cube; so do the tokens (batch times steps), which keeps tokens a
 * parameter constant, and compute grows with its sixth power. The learning rate falls with the root of the width.
 *
 * @param layers blocks of the network, 1 to 64
 */
public record Depth(int layers) {

    private static final int DEMO = 4;

    /** Size of a hidden state: one head of 32 a block. */
    public int width() {
        return 32 * layers;
    }

    /** Sequences a step. */
    public int batchSequences() {
        return 4 * layers;
    }

    /** Optimiser steps. */
    public long steps() {
        return Math.round(1_200.0 * layers * layers / (DEMO * DEMO));
    }

    /** Peak learning rate. */
    public double learningRate() {
        return 0.003 * Math.sqrt((double) DEMO / layers);
    }
}
