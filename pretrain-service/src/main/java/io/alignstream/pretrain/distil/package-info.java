/**
 * A smaller student of a model that is there ({@code ./alignstream distil}): {@link io.alignstream.pretrain.distil.DistilText} is
 * what it reads, {@link io.alignstream.pretrain.distil.DistilLoop} how it learns, and
 * {@link io.alignstream.pretrain.distil.Comparison} what came of it, beside the teacher and beside a network of the same shape that
 * had no teacher. Needs a store and no broker; {@link io.alignstream.pretrain.distil.DistilProgram} is a process of its own.
 */
@NullMarked
package io.alignstream.pretrain.distil;

import org.jspecify.annotations.NullMarked;
