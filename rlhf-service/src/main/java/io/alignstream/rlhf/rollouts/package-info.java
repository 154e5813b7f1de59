/** The answers that were rewarded, kept of each iteration, for people and for other reward models. */
@NullMarked
package io.alignstream.rlhf.rollouts;

import org.jspecify.annotations.NullMarked;
