/**
 * Where people rank: which request waits for whom, what they have said, and how far they agree.
 *
 * <p>{@link io.alignstream.reward.desk.RankingDesk} is the queue and the count, {@link
 * io.alignstream.reward.desk.DistinctAnswers} says which answers of a request are one answer, {@link
 * io.alignstream.reward.desk.Agreement} measures the annotators.
 */
@NullMarked
package io.alignstream.reward.desk;

import org.jspecify.annotations.NullMarked;
