/** How a policy is aligned: PPO, GRPO and DPO, each a loop, and the settings of a run. */
@NullMarked
package io.alignstream.rlhf.training;

import org.jspecify.annotations.NullMarked;
