package io.alignstream.local.lessons.learning;

import java.util.List;

/**
 * What the lesson found.
 *
 * @param setting what all had in common
 * @param pretraining self-supervised
 * @param clusters unsupervised
 * @param majority accuracy of always saying the most frequent label
 * @param supervised with more and more labels
 * @param untrained the same on the embeddings of a network that has learned nothing
 * @param pseudo semi-supervised
 */
record LearningResult(
        Setting setting,
        Pretraining pretraining,
        Grouping clusters,
        double majority,
        List<Labelled> supervised,
        List<Labelled> untrained,
        Pseudo pseudo) {

    LearningResult {
        supervised = List.copyOf(supervised);
        untrained = List.copyOf(untrained);
    }

    /**
     * What all had in common.
     *
     * @param documents to learn from
     * @param tested documents of which none is learned
     */
    record Setting(long seed, int documents, int tested, int steps, long parameters, int width) {}

    /**
     * Self-supervised.
     *
     * @param losses steps and mean loss until there, nats a token
     * @param before bits a byte of the tested documents without training
     * @param after the same with it
     */
    record Pretraining(
            List<double[]> losses,
            double before,
            double after,
            double seconds,
            double processorSeconds,
            String sha256) {

        Pretraining {
            losses = List.copyOf(losses);
        }
    }

    /**
     * Unsupervised.
     *
     * @param counts documents by cluster and label
     * @param purity share of the most frequent labels of all clusters
     * @param mutualInformation normalised
     * @param untrainedMutualInformation of the embeddings of a network that has learned nothing
     * @param points some documents in the plane of greatest variance: x, y, cluster, label
     */
    record Grouping(
            int[][] counts,
            double purity,
            double mutualInformation,
            double untrainedMutualInformation,
            List<double[]> points) {

        Grouping {
            points = List.copyOf(points);
        }
    }

    /**
     * Supervised with some labels, the mean over several draws of them.
     *
     * @param accuracy share of right labels, 0 to 1
     * @param least the worst draw
     * @param most the best draw
     * @param recall mean share of right labels of each kind
     */
    record Labelled(int labels, double accuracy, double least, double most, double recall) {}

    /**
     * Semi-supervised, the mean over the same draws.
     *
     * @param result with pseudo-labels and the given ones
     * @param taken share of the other documents that got a pseudo-label
     * @param right share of those that was right
     */
    record Pseudo(Labelled result, double taken, double right) {}
}
