/** How a run is trained, whatever its algorithm. */
@NullMarked
package io.alignstream.training;

import org.jspecify.annotations.NullMarked;
