/**
 * What a model in training writes for people to see: the same few prompts, continued again and again on its way.
 *
 * <p>Training neither waits for it nor depends on it: prompts and places are functions of settings and frozen inputs, the most
 * probable token is taken each time, and no random number is drawn.
 */
@NullMarked
package io.alignstream.training.samples;

import org.jspecify.annotations.NullMarked;
