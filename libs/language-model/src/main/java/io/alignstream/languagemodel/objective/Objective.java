package io.alignstream.languagemodel.objective;

import io.alignstream.languagemodel.network.Gradients;

/**
 * What is to be made small: computes a loss and its gradients, and never changes a weight.
 *
 * <p>An objective is one class: its mathematics as TorchScript text and the arguments that the text takes. Gradients are
 * those of the mean over the batch. For one thread, as the network is.
 *
 * @param <B> what it is computed on
 * @param <L> what it reports
 */
public interface Objective<B, L> {

    /** Adds the gradients on {@code batch} to {@code gradients}; returns the loss and what was measured beside it. */
    L accumulate(B batch, Gradients gradients);
}
