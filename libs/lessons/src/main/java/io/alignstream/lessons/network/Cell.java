package io.alignstream.lessons.network;

/** How a recurrent network makes its next state of the last one and a token. */
public enum Cell {
    /** One tanh of both (Elman 1990). */
    RNN(0, 1),
    /** A cell that gates let keep, take and give (Hochreiter and Schmidhuber 1997; with the forget gate of Gers 2000). */
    LSTM(1, 4),
    /** Two gates and no cell beside the state (Cho and others 2014). */
    GRU(2, 3);

    private final int kind;
    private final int gates;

    Cell(int kind, int gates) {
        this.kind = kind;
        this.gates = gates;
    }

    /** What the program calls it. */
    int kind() {
        return kind;
    }

    /** How many rows of weights each number of the state has. */
    int gates() {
        return gates;
    }
}
