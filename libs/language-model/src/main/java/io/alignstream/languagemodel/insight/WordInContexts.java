package io.alignstream.languagemodel.insight;

import java.util.ArrayList;
import java.util.List;

/**
 * The vectors of one word in texts that mean two things by it, from block to block: whether they part.
 *
 * <p>A depth is 0 before the first block, where the word is its embedding whatever stands around it, and then the number
 * of blocks passed. Vectors are brought to length 1, so that what is seen is their angle.
 *
 * @param between {@code [depths]}: mean cosine over pairs of texts of both meanings
 * @param within {@code [depths]}: mean cosine over pairs of texts of the same meaning; empty if each has one text only
 * @param paths {@code [texts][depths][2]}, places in one plane for all depths
 * @param explained share of the vectors' variance that is seen in the plane
 */
public record WordInContexts(double[] between, double[] within, double[][][] paths, double explained) {

    /**
     * Compares vectors of the word.
     *
     * @param vectors {@code [texts][depths][width]}
     * @param first for each text whether it is of the first meaning; both must have one
     */
    public static WordInContexts of(List<float[][]> vectors, List<Boolean> first) {
        int texts = vectors.size();
        int depths = vectors.getFirst().length;
        double[][][] unit = new double[texts][depths][];
        double[][] all = new double[texts * depths][];
        for (int text = 0; text < texts; text++) {
            for (int depth = 0; depth < depths; depth++) {
                unit[text][depth] = unit(vectors.get(text)[depth]);
                all[text * depths + depth] = unit[text][depth];
            }
        }
        PrincipalPlane plane = PrincipalPlane.of(all);
        double[][][] paths = new double[texts][depths][];
        for (int i = 0; i < all.length; i++) {
            paths[i / depths][i % depths] = plane.points()[i];
        }
        return new WordInContexts(
                means(unit, pairs(first, false)), means(unit, pairs(first, true)), paths, plane.explained());
    }

    /** Pairs of texts of the same meaning, or of both. */
    private static List<int[]> pairs(List<Boolean> first, boolean same) {
        List<int[]> pairs = new ArrayList<>();
        for (int one = 0; one < first.size(); one++) {
            for (int other = one + 1; other < first.size(); other++) {
                if (first.get(one).equals(first.get(other)) == same) {
                    pairs.add(new int[] {one, other});
                }
            }
        }
        return pairs;
    }

    private static double[] means(double[][][] unit, List<int[]> pairs) {
        if (pairs.isEmpty()) {
            return new double[0];
        }
        double[] means = new double[unit[0].length];
        for (int depth = 0; depth < means.length; depth++) {
            for (int[] pair : pairs) {
                for (int i = 0; i < unit[0][0].length; i++) {
                    means[depth] += unit[pair[0]][depth][i] * unit[pair[1]][depth][i] / pairs.size();
                }
            }
        }
        return means;
    }

    private static double[] unit(float[] vector) {
        double[] unit = new double[vector.length];
        for (int i = 0; i < unit.length; i++) {
            unit[i] = vector[i];
        }
        double length = Math.max(WordArithmetic.length(unit), 1e-12);
        for (int i = 0; i < unit.length; i++) {
            unit[i] /= length;
        }
        return unit;
    }
}
