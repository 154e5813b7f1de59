/**
 * The simulated annotators at the real ranking desk: they take what reward-service asks about the SFT model's answers from
 * its queue and send their rankings, over the same calls as the page where people rank.
 */
@NullMarked
package io.alignstream.local.annotation;

import org.jspecify.annotations.NullMarked;
