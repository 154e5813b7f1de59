package io.alignstream.lessons.network;

import io.alignstream.contracts.hash.Sha256;
import io.alignstream.languagemodel.network.Gradients;
import io.alignstream.languagemodel.network.Sequences;
import io.alignstream.languagemodel.network.Transformer;
import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.languagemodel.objective.NextTokenObjective;
import io.alignstream.languagemodel.optimiser.AdamW;
import io.alignstream.lessons.model.LearningModel;
import java.util.List;

/** The pipeline's transformer, its objective and AdamW as the other networks learn by it; for one thread. */
public final class TransformerNetwork implements LearningModel {

    /** No token is padding here: rows are full. */
    private static final int NO_PADDING = -1;

    private final Transformer network;
    private final NextTokenObjective objective;
    private final AdamW optimiser;

    /** A network with random weights. */
    public TransformerNetwork(TransformerConfig config, long seed) {
        network = Transformer.initialise(config, seed);
        objective = new NextTokenObjective(network);
        optimiser = new AdamW(network, Parameters.OPTIMISER);
    }

    @Override
    public double step(List<int[]> rows, double learningRate) {
        try (Gradients gradients = new Gradients(network)) {
            double loss = objective.accumulate(Sequences.packed(rows, NO_PADDING), gradients);
            optimiser.step(gradients, learningRate);
            return loss;
        }
    }

    @Override
    public float[][] logProbabilities(List<int[]> rows) {
        return network.logProbabilities(Sequences.packed(rows, NO_PADDING), 1);
    }

    @Override
    public float[] next(int... context) {
        float[] logits = network.logits(context)[context.length - 1];
        double most = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            most = Math.max(most, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += StrictMath.exp(logit - most);
        }
        double log = most + StrictMath.log(sum);
        float[] logs = new float[logits.length];
        for (int token = 0; token < logs.length; token++) {
            logs[token] = (float) (logits[token] - log);
        }
        return logs;
    }

    @Override
    public long parameters() {
        return network.config().parameters();
    }

    @Override
    public String sha256() {
        Sha256 sha256 = new Sha256();
        network.weights().values().forEach(weight -> sha256.add(weight.toByteBuffer(true)));
        return sha256.hex();
    }

    /** What learns. */
    public Transformer network() {
        return network;
    }

    @Override
    public void close() {
        optimiser.close();
        network.close();
    }
}
