package io.alignstream.languagemodel.objective;

import io.alignstream.languagemodel.network.Cut;
import io.alignstream.languagemodel.network.Gradients;
import java.util.List;

/**
 * What is to be made small: computes a loss and its gradients, and never changes a weight.
 *
 * <p>An objective is one class: its mathematics as TorchScript text and the arguments that the text takes. Loss and
 * gradients are those of a mean over the batch, and {@link #weight} is the denominator of that mean: with both, several
 * micro-batches give what one batch of all of them gives. For one thread, as the network is.
 *
 * @param <B> what it is computed on
 * @param <L> what it reports
 */
public interface Objective<B, L> {

    /** Adds the gradients on {@code batch} to {@code gradients}; returns the loss and what was measured beside it. */
    L accumulate(B batch, Gradients gradients);

    /** What {@code batch} counts for beside others: what its mean divides by, as targets or pairs; 0 or more. */
    double weight(B batch);

    /**
     * {@code batch} in the parts that {@code cut} makes, in order; what belongs together stays in one.
     *
     * @return {@code batch} alone if it is not cut; never empty
     */
    List<B> parts(B batch, Cut cut);

    /**
     * What the objective would have reported on two batches as one.
     *
     * @param share the second batch's part of what both count for, 0 to 1
     */
    L merged(L first, L second, double share);

    /** How many {@link #numbers} there are. */
    int reportedNumbers();

    /** What the objective reports as numbers, so that it travels. */
    double[] numbers(L loss);

    /** The reverse of {@link #numbers}. */
    L reported(double[] numbers);

    /** The mean of two means, of which the second counts for {@code share} (0 to 1) of both. */
    static double mean(double first, double second, double share) {
        return first + share * (second - first);
    }
}
