/**
 * Human judgement becomes a model: answers of the newest SFT model go out to be ranked, rankings come back, a reward
 * model learns from them.
 *
 * <p>{@link io.alignstream.reward.RewardStage} decides what runs, {@link io.alignstream.reward.RewardLoop} is the
 * training, {@link io.alignstream.reward.AnswerSampling} asks for rankings, {@link io.alignstream.reward.RewardResource}
 * is the ranking page.
 */
@NullMarked
package io.alignstream.reward;

import org.jspecify.annotations.NullMarked;
