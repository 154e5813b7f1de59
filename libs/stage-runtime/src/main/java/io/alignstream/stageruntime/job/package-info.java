/** Comparing and running: one job at a time, its progress for charts and metrics, attempts and pauses. */
@NullMarked
package io.alignstream.stageruntime.job;

import org.jspecify.annotations.NullMarked;
