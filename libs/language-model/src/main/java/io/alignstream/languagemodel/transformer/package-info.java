/**
 * The network: a Llama-shaped transformer written once as TorchScript text, its optimiser and its sampling.
 *
 * <p>The text {@code transformer.torchscript} holds all mathematics: forward pass, losses with their backward pass and
 * AdamW update (one native call a step) and the sampling loop with its key-value cache. {@link
 * io.alignstream.languagemodel.transformer.TorchRuntime} loads it, {@link
 * io.alignstream.languagemodel.transformer.Transformer} owns weights and scores with them, {@link
 * io.alignstream.languagemodel.transformer.AdamW} trains them, {@link
 * io.alignstream.languagemodel.transformer.Sampler} and {@link io.alignstream.languagemodel.transformer.Decoder} sample.
 * All random numbers come from Java, seeded by the caller: nothing depends on a hidden generator.
 */
@NullMarked
package io.alignstream.languagemodel.transformer;

import org.jspecify.annotations.NullMarked;
