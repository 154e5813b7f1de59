package io.alignstream.local.lessons.history;

import io.alignstream.languagemodel.network.TransformerConfig;
import io.alignstream.lessons.model.LearningModel;
import io.alignstream.lessons.network.Cell;
import io.alignstream.lessons.network.RecurrentNetwork;
import io.alignstream.lessons.network.TransformerNetwork;

/** The kinds of networks that are compared, in the order of their years. */
enum Contender {
    RNN("RNN", 1990, 0.015),
    LSTM("LSTM", 1997, 0.04),
    GRU("GRU", 2014, 0.03),
    TRANSFORMER("Transformer", 2017, 0.006);

    private static final int LAYERS = 2;

    private final String label;
    private final int year;
    private final double learningRate;

    Contender(String label, int year, double learningRate) {
        this.label = label;
        this.year = year;
        this.learningRate = learningRate;
    }

    /** What people call it. */
    @Override
    public String toString() {
        return label;
    }

    /** When it was described. */
    int year() {
        return year;
    }

    /** Peak of the learning rate: of some the best on held-out text, in short runs of the small networks. */
    double learningRate() {
        return learningRate;
    }

    /**
     * A network with about as many weights as a transformer of this size.
     *
     * @param size of the transformer, whose weights the others are given
     * @param longest tokens of a row
     */
    LearningModel network(Size size, int vocabulary, int longest, long seed) {
        TransformerConfig transformer = size.transformer(vocabulary, longest);
        return switch (this) {
            case RNN -> recurrent(Cell.RNN, transformer, seed);
            case LSTM -> recurrent(Cell.LSTM, transformer, seed);
            case GRU -> recurrent(Cell.GRU, transformer, seed);
            case TRANSFORMER -> new TransformerNetwork(transformer, seed);
        };
    }

    private static RecurrentNetwork recurrent(Cell cell, TransformerConfig transformer, long seed) {
        RecurrentNetwork.Sizes sizes = new RecurrentNetwork.Sizes(cell, LAYERS, transformer.vocabularySize(), 4);
        return new RecurrentNetwork(sizes.near(transformer.parameters()), seed);
    }

    /**
     * A transformer's size, which says how many weights the others get.
     *
     * @param name {@code small} or {@code large}
     * @param layers blocks
     * @param width of a state, a multiple of 32
     */
    record Size(String name, int layers, int width) {

        TransformerConfig transformer(int vocabulary, int longest) {
            return TransformerConfig.of(vocabulary, layers, width, longest);
        }
    }
}
