/**
 * How fast training steps are, beside PyTorch, PEFT, TRL and nanoGPT's setting.
 *
 * <p>Every side is a {@link io.alignstream.benchmarks.training.WorkerProcess}, a process that obeys lines. They train the
 * same network on the same tokens in {@link io.alignstream.benchmarks.training.Turns}, so that a machine that slows down
 * slows all of them.
 */
@NullMarked
package io.alignstream.benchmarks.training;

import org.jspecify.annotations.NullMarked;
