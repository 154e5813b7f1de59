/**
 * What a comparison sees: the followed topics, read from their beginning by one thread, and the answers to the
 * stage's questions.
 */
@NullMarked
package io.alignstream.stageruntime.view;

import org.jspecify.annotations.NullMarked;
