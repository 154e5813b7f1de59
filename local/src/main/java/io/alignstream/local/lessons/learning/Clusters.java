package io.alignstream.local.lessons.learning;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Clusters of vectors by Lloyd's algorithm with the beginnings of k-means++ (Arthur and Vassilvitskii 2007), the best of some
 * beginnings.
 *
 * @param of the cluster of each vector, from 0
 * @param spread sum of the squared distances to the clusters' middles
 */
record Clusters(int[] of, double spread) {

    private static final int BEGINNINGS = 5;
    private static final int ROUNDS = 50;

    /** Groups {@code vectors} in {@code count} clusters. */
    static Clusters of(float[][] vectors, int count, SplittableRandom random) {
        Clusters best = once(vectors, count, random);
        for (int i = 1; i < BEGINNINGS; i++) {
            Clusters other = once(vectors, count, random);
            best = other.spread < best.spread ? other : best;
        }
        return best;
    }

    private static Clusters once(float[][] vectors, int count, SplittableRandom random) {
        double[][] middles = beginnings(vectors, count, random);
        int[] of = new int[vectors.length];
        double spread = Double.POSITIVE_INFINITY;
        for (int round = 0; round < ROUNDS; round++) {
            double sum = 0;
            for (int i = 0; i < vectors.length; i++) {
                of[i] = nearest(middles, vectors[i]);
                sum += distance(middles[of[i]], vectors[i]);
            }
            if (sum >= spread) {
                break;
            }
            spread = sum;
            moveMiddles(middles, vectors, of);
        }
        return new Clusters(of, spread);
    }

    private static double[][] beginnings(float[][] vectors, int count, SplittableRandom random) {
        double[][] middles = new double[count][];
        middles[0] = wide(vectors[random.nextInt(vectors.length)]);
        double[] nearest = new double[vectors.length];
        Arrays.fill(nearest, Double.POSITIVE_INFINITY);
        for (int k = 1; k < count; k++) {
            double sum = 0;
            for (int i = 0; i < vectors.length; i++) {
                nearest[i] = Math.min(nearest[i], distance(middles[k - 1], vectors[i]));
                sum += nearest[i];
            }
            double rest = random.nextDouble() * sum;
            int chosen = 0;
            while (chosen < vectors.length - 1 && rest >= nearest[chosen]) {
                rest -= nearest[chosen++];
            }
            middles[k] = wide(vectors[chosen]);
        }
        return middles;
    }

    private static void moveMiddles(double[][] middles, float[][] vectors, int... of) {
        int[] members = new int[middles.length];
        double[][] sums = new double[middles.length][vectors[0].length];
        for (int i = 0; i < vectors.length; i++) {
            members[of[i]]++;
            for (int d = 0; d < vectors[i].length; d++) {
                sums[of[i]][d] += vectors[i][d];
            }
        }
        for (int k = 0; k < middles.length; k++) {
            if (members[k] > 0) {
                for (int d = 0; d < sums[k].length; d++) {
                    middles[k][d] = sums[k][d] / members[k];
                }
            }
        }
    }

    private static int nearest(double[][] middles, float... vector) {
        int best = 0;
        for (int k = 1; k < middles.length; k++) {
            best = distance(middles[k], vector) < distance(middles[best], vector) ? k : best;
        }
        return best;
    }

    private static double distance(double[] middle, float... vector) {
        double sum = 0;
        for (int d = 0; d < vector.length; d++) {
            double difference = middle[d] - vector[d];
            sum += difference * difference;
        }
        return sum;
    }

    private static double[] wide(float... vector) {
        double[] wide = new double[vector.length];
        Arrays.setAll(wide, d -> vector[d]);
        return wide;
    }

    /** How many vectors of each cluster have each label: {@code [clusters][labels]}. */
    static int[][] counts(int[] of, int[] labels, int clusters, int classes) {
        int[][] counts = new int[clusters][classes];
        for (int i = 0; i < of.length; i++) {
            counts[of[i]][labels[i]]++;
        }
        return counts;
    }

    /** Share of the vectors whose label is the most frequent one of their cluster. */
    static double purity(int[][] counts) {
        double best = 0;
        double all = 0;
        for (int[] cluster : counts) {
            best += Arrays.stream(cluster).max().orElse(0);
            all += Arrays.stream(cluster).sum();
        }
        return best / all;
    }

    /** What clusters and labels tell of each other, 0 nothing to 1 everything: normalised mutual information. */
    static double mutualInformation(int[][] counts) {
        double all =
                Arrays.stream(counts).mapToInt(row -> Arrays.stream(row).sum()).sum();
        double[] rows = Arrays.stream(counts)
                .mapToDouble(row -> Arrays.stream(row).sum() / all)
                .toArray();
        double[] columns = new double[counts[0].length];
        double shared = 0;
        for (int[] row : counts) {
            for (int k = 0; k < row.length; k++) {
                columns[k] += row[k] / all;
            }
        }
        for (int c = 0; c < counts.length; c++) {
            for (int k = 0; k < columns.length; k++) {
                double both = counts[c][k] / all;
                shared += both == 0 ? 0 : both * StrictMath.log(both / (rows[c] * columns[k]));
            }
        }
        double mean = (entropy(rows) + entropy(columns)) / 2;
        return mean == 0 ? 0 : shared / mean;
    }

    private static double entropy(double... shares) {
        return -Arrays.stream(shares)
                .map(share -> share == 0 ? 0 : share * StrictMath.log(share))
                .sum();
    }
}
