/**
 * Watches the figures of a run from outside, as they travel on {@code training-progress}, for the ways in which aligning a
 * model goes wrong, and pauses the run.
 *
 * <p>{@link io.alignstream.rlhf.guard.Guard} holds what is known of each run, a {@link io.alignstream.rlhf.guard.Signal} is
 * one rule, {@link io.alignstream.rlhf.guard.GuardResource} lets a person continue or end what is paused.
 */
@NullMarked
package io.alignstream.rlhf.guard;

import org.jspecify.annotations.NullMarked;
