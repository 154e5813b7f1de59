/** The threads of a stage, and what starts and stops them. */
@NullMarked
package io.alignstream.stageruntime.runner;

import org.jspecify.annotations.NullMarked;
