/**
 * Who works on a run, by Kafka: its workers are the static members of a consumer group. What each says of itself when it
 * joins, and what it is told of the others, travels in the group's own messages, so nothing else has to be agreed on.
 */
@NullMarked
package io.alignstream.stageruntime.workers;

import org.jspecify.annotations.NullMarked;
