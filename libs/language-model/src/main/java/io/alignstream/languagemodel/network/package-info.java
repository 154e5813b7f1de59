/**
 * The network: a Llama-shaped transformer, written once as TorchScript text with a backward pass by hand.
 *
 * <p>{@link io.alignstream.languagemodel.network.Transformer} owns weights and scores with them; {@link
 * io.alignstream.languagemodel.network.LoraAdapters} are weights beside it. Both are {@link
 * io.alignstream.languagemodel.network.Trainable}; what an objective finds out about them goes through {@link
 * io.alignstream.languagemodel.network.Gradients} to an optimiser. Networks may score on several threads at once;
 * training needs them to itself.
 */
@NullMarked
package io.alignstream.languagemodel.network;

import org.jspecify.annotations.NullMarked;
