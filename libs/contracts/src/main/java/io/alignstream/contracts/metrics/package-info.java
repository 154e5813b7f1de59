/** What the services tell Prometheus: names, labels, units and buckets, the one list. */
@NullMarked
package io.alignstream.contracts.metrics;

import org.jspecify.annotations.NullMarked;
