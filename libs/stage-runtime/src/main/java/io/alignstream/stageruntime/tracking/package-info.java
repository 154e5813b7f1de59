/**
 * Runs as other tools know them: a service tells an MLflow tracking server, or TensorBoard's event files, what its own runs are
 * made with, measure and come to.
 *
 * <p>Nothing waits for it: what is to be told lies in a bounded queue, which one thread for each tool empties. Where a server is
 * away for longer, steps that find no place are counted and lost, and training goes on. Only the worker that leads a run
 * tells of it, as it alone publishes progress.
 */
@NullMarked
package io.alignstream.stageruntime.tracking;

import org.jspecify.annotations.NullMarked;
