/** The whole flow as its topics tell it, for whoever draws it: runs, models and releases of all stages, and lengths of topics. */
@NullMarked
package io.alignstream.stageruntime.flow;

import org.jspecify.annotations.NullMarked;
