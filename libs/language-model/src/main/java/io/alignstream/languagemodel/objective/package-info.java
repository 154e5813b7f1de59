/**
 * What a network is trained towards: each class is one loss, its TorchScript text and the arguments that it takes.
 *
 * <p>An {@link io.alignstream.languagemodel.objective.Objective} computes gradients and adds them to {@link
 * io.alignstream.languagemodel.network.Gradients}; it knows no optimiser, no clock and no checkpoint. A new loss of hidden
 * states is a new subclass of {@code HeadObjective} and nothing else.
 */
@NullMarked
package io.alignstream.languagemodel.objective;

import org.jspecify.annotations.NullMarked;
