/**
 * Several workers that train one run together: who they are, which shards each of them computes, and what happens when
 * one comes or goes.
 *
 * <p>A run's batches are cut into shards, whose number is frozen with the run. Every worker holds all weights and moments,
 * computes the gradients of its own shards, and the sum over all shards follows one binary tree, whoever computed them: so weights do not
 * depend on how many workers there are, or on which of them died.
 */
@NullMarked
package io.alignstream.training.workers;

import org.jspecify.annotations.NullMarked;
