/**
 * How fast a run of several workers is on machines that are not here: arithmetic from the speed of one worker and of the
 * network between them, after what a step of {@link io.alignstream.training.workers.WorkerGroup} does.
 */
@NullMarked
package io.alignstream.benchmarks.simulation;

import org.jspecify.annotations.NullMarked;
