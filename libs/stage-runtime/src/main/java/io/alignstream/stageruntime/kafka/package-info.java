/** Reading and publishing events: consumers that are assigned by hand, frozen snapshots. */
@NullMarked
package io.alignstream.stageruntime.kafka;

import org.jspecify.annotations.NullMarked;
