package io.alignstream.languagemodel.network;

import io.alignstream.languagemodel.torch.TorchProgram;

/** The network's mathematics, {@code network.torchscript}: forward and backward pass, scores. */
public final class NetworkProgram {

    private static final String NETWORK = TorchProgram.resource(NetworkProgram.class, "network.torchscript");

    /** What a network computes by itself. */
    static final TorchProgram SCORES = with("");

    private NetworkProgram() {}

    /** A program of {@code methods} that may call those of the network. */
    public static TorchProgram with(String methods) {
        return new TorchProgram(NETWORK, methods);
    }
}
