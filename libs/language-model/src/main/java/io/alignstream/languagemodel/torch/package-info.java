/**
 * libtorch, reached through DJL: one process-wide runtime, and mathematics as TorchScript text that it compiles.
 *
 * <p>{@link io.alignstream.languagemodel.torch.TorchRuntime} decides what equal bits depend on (threads, graph executor),
 * {@link io.alignstream.languagemodel.torch.TorchProgram} runs text. The operators that every program may call exist
 * twice, as formulas in {@code operators.torchscript} and as fused C++. Only the packages of the network, its
 * objectives, its optimiser and its generation know DJL.
 */
@NullMarked
package io.alignstream.languagemodel.torch;

import org.jspecify.annotations.NullMarked;
