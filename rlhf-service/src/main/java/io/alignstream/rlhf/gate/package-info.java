/** Whether a candidate may be served: what is measured on held-out prompts, and what that must reach. */
@NullMarked
package io.alignstream.rlhf.gate;

import org.jspecify.annotations.NullMarked;
