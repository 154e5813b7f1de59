/** When a run begins that nobody has asked for: not too often, at its times, within a day's budget, with a person's consent. */
@NullMarked
package io.alignstream.stageruntime.retraining;

import org.jspecify.annotations.NullMarked;
