/**
 * What the six services share: the view of the topics, reconciliation, jobs with progress, dead letters, the dashboard
 * shell.
 *
 * <p>A service implements {@link io.alignstream.stageruntime.StageDefinition} once. One reader thread per service
 * follows the subscribed topics from their beginning by assignment (no consumer group decides what is read; offsets are
 * committed only so that lag panels see the truth and a poison event is dead-lettered once). After every change the
 * runtime compares: {@link io.alignstream.stageruntime.StageDefinition#decide} says what should run, as a pure function
 * of the view; at most one {@link io.alignstream.stageruntime.Job} runs at a time, on a thread of its own. Event
 * handlers and {@code decide} never run concurrently, so a stage needs no locks. An event is only a hint to compare
 * again.
 */
@NullMarked
package io.alignstream.stageruntime;

import org.jspecify.annotations.NullMarked;
