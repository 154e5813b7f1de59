/** Prometheus beside the services of one machine; in the tests also the dashboards, which are written from code, and what holds them and the alerts against the metrics. */
@NullMarked
package io.alignstream.local.monitoring;

import org.jspecify.annotations.NullMarked;
