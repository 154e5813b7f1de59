package io.alignstream.languagemodel.insight;

import java.util.Arrays;

/**
 * The plane in which points lie apart the most (principal components), and the points in it.
 *
 * @param points {@code [points][2]}: distances from the points' centre along both directions
 * @param explained share of the points' whole variance that is seen in the plane, 0 to 1; 1 if they do not differ
 */
public record PrincipalPlane(double[][] points, double explained) {

    private static final int TURNS = 300;

    /**
     * Of a few hundred points at most: the work grows with the square of their number.
     *
     * @param vectors {@code [points][width]}
     */
    public static PrincipalPlane of(double[][] vectors) {
        double[][] products = products(centred(vectors));
        double variance = 0;
        for (int i = 0; i < products.length; i++) {
            variance += products[i][i];
        }
        double[][] points = new double[vectors.length][2];
        double seen = 0;
        for (int axis = 0; axis < 2; axis++) {
            double[] along = strongest(products);
            double strength = product(along, times(products, along));
            for (int i = 0; i < points.length; i++) {
                points[i][axis] = along[i] * Math.sqrt(Math.max(0, strength));
                for (int j = 0; j < points.length; j++) {
                    products[i][j] -= strength * along[i] * along[j];
                }
            }
            seen += Math.max(0, strength);
        }
        return new PrincipalPlane(points, variance > 1e-12 ? Math.min(1, seen / variance) : 1);
    }

    private static double[][] centred(double[][] vectors) {
        double[] centre = new double[vectors[0].length];
        for (double[] vector : vectors) {
            for (int i = 0; i < centre.length; i++) {
                centre[i] += vector[i] / vectors.length;
            }
        }
        return Arrays.stream(vectors)
                .map(vector -> {
                    double[] moved = vector.clone();
                    for (int i = 0; i < moved.length; i++) {
                        moved[i] -= centre[i];
                    }
                    return moved;
                })
                .toArray(double[][]::new);
    }

    /** Of each two points; its eigenvectors are the points' places along the components. */
    private static double[][] products(double[][] vectors) {
        double[][] products = new double[vectors.length][vectors.length];
        for (int i = 0; i < vectors.length; i++) {
            for (int j = 0; j <= i; j++) {
                products[i][j] = product(vectors[i], vectors[j]);
                products[j][i] = products[i][j];
            }
        }
        return products;
    }

    /** The eigenvector of the largest eigenvalue, by power iteration from the longest row, which it is never at right angles to. */
    private static double[] strongest(double[][] matrix) {
        double[] vector = matrix[0].clone();
        for (double[] row : matrix) {
            if (product(row, row) > product(vector, vector)) {
                vector = row.clone();
            }
        }
        for (int turn = 0; turn < TURNS; turn++) {
            double length = Math.sqrt(product(vector, vector));
            if (length < 1e-12) {
                return new double[vector.length];
            }
            double[] unit = Arrays.stream(vector).map(value -> value / length).toArray();
            vector = times(matrix, unit);
            if (turn == TURNS - 1) {
                return unit;
            }
        }
        throw new IllegalStateException("no turns");
    }

    private static double[] times(double[][] matrix, double[] vector) {
        return Arrays.stream(matrix).mapToDouble(row -> product(row, vector)).toArray();
    }

    private static double product(double[] one, double[] other) {
        double sum = 0;
        for (int i = 0; i < one.length; i++) {
            sum += one[i] * other[i];
        }
        return sum;
    }
}
