package io.alignstream.local.lessons.history;

import java.util.List;

/**
 * What the lesson found.
 *
 * @param setting what all had in common
 * @param models each model of each size, n-grams first
 * @param longDistance the example's questions
 */
record HistoryResult(Setting setting, List<Row> models, Distances longDistance) {

    HistoryResult {
        models = List.copyOf(models);
    }

    /**
     * What all had in common.
     *
     * @param text what was read: {@code sample-world} or a file's name
     * @param trainingTokens of the text
     * @param validationTokens predicted ones
     * @param steps of each network
     * @param tokensSeen by each network
     * @param learningRates peak of each kind of network
     * @param prompt what all continue
     */
    record Setting(
            String text,
            long seed,
            int vocabulary,
            long trainingTokens,
            long validationTokens,
            int steps,
            long tokensSeen,
            String learningRates,
            String prompt) {}

    /**
     * One model.
     *
     * @param kind {@code n-gram}, {@code rnn}, {@code lstm}, {@code gru} or {@code transformer}
     * @param size order of an n-gram, {@code small} or {@code large} of a network
     * @param parameters weights, or counts
     * @param bitsPerByte of the held-out text
     * @param seconds of training, by the wall
     * @param processorSeconds of training
     * @param byContext losses with less and more context
     * @param written after the prompt
     * @param sha256 of the weights; empty for counts
     */
    record Row(
            String kind,
            String size,
            long parameters,
            double bitsPerByte,
            double seconds,
            double processorSeconds,
            List<Context> byContext,
            String written,
            String sha256) {

        Row {
            byContext = List.copyOf(byContext);
        }
    }

    /**
     * The loss where only the last tokens are shown.
     *
     * @param tokens how many are
     * @param nats a token
     */
    record Context(int tokens, double nats) {}

    /**
     * The long-distance example.
     *
     * @param chance share that guessing gets right
     * @param steps of each network
     * @param questions asked of each
     * @param sample one of them
     * @param models accuracies
     */
    record Distances(double chance, int steps, int questions, String sample, List<Recall> models) {

        Distances {
            models = List.copyOf(models);
        }
    }

    /** How often one was right, by distance. */
    record Recall(String kind, long parameters, double seconds, double processorSeconds, List<Range> ranges) {

        Recall {
            ranges = List.copyOf(ranges);
        }
    }

    /**
     * Questions of some distances.
     *
     * @param farthest the last of ten distances
     * @param asked how many questions there were
     * @param right how many of them were answered right
     */
    record Range(int farthest, int asked, int right) {

        /** Right ones in per cent, where there were questions. */
        double percent() {
            return 100.0 * right / asked;
        }
    }
}
