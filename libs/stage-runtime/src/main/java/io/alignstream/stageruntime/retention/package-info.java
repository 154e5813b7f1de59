/**
 * The service keeps the store in bounds: after each finished run, and whenever there is no room for a checkpoint, it reads
 * the registry topics and deletes what they do not lead to.
 */
@NullMarked
package io.alignstream.stageruntime.retention;

import org.jspecify.annotations.NullMarked;
