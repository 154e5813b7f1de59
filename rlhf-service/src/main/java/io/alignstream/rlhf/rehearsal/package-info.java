/** What the SFT model says of its own accord: rehearsed while a policy learns, and asked by the gate. */
@NullMarked
package io.alignstream.rlhf.rehearsal;

import org.jspecify.annotations.NullMarked;
