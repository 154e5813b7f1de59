/** What a run needs of memory: the plan, what there is, and how much a step may keep. */
@NullMarked
package io.alignstream.training.memory;

import org.jspecify.annotations.NullMarked;
