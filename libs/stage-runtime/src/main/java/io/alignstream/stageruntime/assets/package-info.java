/** Scripts and styles of the pages: kept by browsers for as long as they are the same, and no longer. */
@NullMarked
package io.alignstream.stageruntime.assets;

import org.jspecify.annotations.NullMarked;
