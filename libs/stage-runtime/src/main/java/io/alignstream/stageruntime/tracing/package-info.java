/**
 * One trace from a document, a ranking or a person's request over the runs that it caused to the release and its answers.
 *
 * <p>Off unless {@code alignstream.tracing.endpoint} names a collector: then nothing is recorded, and no event gets a header.
 * A run learns from any number of events, and a span has one parent: that is the newest event, with which the run became due,
 * and the others are linked to, so many of them as {@link io.alignstream.stageruntime.tracing.CausingEvents} remembers. What a
 * run publishes carries on its trace, so the next stage's run is a child of it.
 */
@NullMarked
package io.alignstream.stageruntime.tracing;

import org.jspecify.annotations.NullMarked;
