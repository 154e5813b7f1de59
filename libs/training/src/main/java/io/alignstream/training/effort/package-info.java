/**
 * What runs have taken of time, processors and energy: known beside the checkpoints and in none of them, since equal work
 * has equal manifests, however long it took.
 */
@NullMarked
package io.alignstream.training.effort;

import org.jspecify.annotations.NullMarked;
