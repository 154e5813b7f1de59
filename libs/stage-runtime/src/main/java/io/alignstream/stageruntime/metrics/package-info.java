/** What Prometheus reads at {@code /q/metrics}: the one place that registers meters, under the names of {@code contracts.metrics}. */
@NullMarked
package io.alignstream.stageruntime.metrics;

import org.jspecify.annotations.NullMarked;
