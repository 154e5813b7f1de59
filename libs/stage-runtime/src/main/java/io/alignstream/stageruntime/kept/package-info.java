/**
 * What a service keeps of the topics that it has read, so that a restart goes on where it was: tables on disk, which change
 * together with how far the topics were read.
 */
@NullMarked
package io.alignstream.stageruntime.kept;

import org.jspecify.annotations.NullMarked;
