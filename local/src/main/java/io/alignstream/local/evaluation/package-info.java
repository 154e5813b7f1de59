/**
 * Reads from the trained weights what the sample world says about them: the association table and the accuracy for each
 * split of cities. Nothing here knows what the figures should be.
 */
@NullMarked
package io.alignstream.local.evaluation;

import org.jspecify.annotations.NullMarked;
