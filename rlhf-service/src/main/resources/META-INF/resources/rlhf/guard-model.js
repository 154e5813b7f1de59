// Reward against judge, and what a person may decide about a paused run. Pure: no document, no network.

const distance = comparison => Math.sqrt(Math.max(0, comparison.kl));

/**
 * The two lines and where they part, after Gao et al. (arXiv 2210.10760): gain over the SFT model, or over the oldest
 * comparison that is known, by distance from the SFT model. Null while there is no comparison.
 */
export function picture({ comparisons, decision }) {
  if (comparisons.length === 0) {
    return null;
  }
  const [first] = comparisons;
  const gains = of => comparisons.map(comparison => [distance(comparison), of(comparison) - of(first)]);
  const parted = comparisons.find(({ iteration }) => iteration === decision?.since);
  return {
    reward: gains(comparison => comparison.reward),
    judge: gains(comparison => comparison.judge),
    parted: parted && decision.curves.length === 2 ? { at: distance(parted), iteration: parted.iteration } : null,
  };
}

/** What the picture ends with, for those who do not see it. */
export function newest(shown, { comparisons }, messages) {
  const [at, reward] = shown.reward.at(-1);
  const [, judge] = shown.judge.at(-1);
  return messages.text('guard.newest', {
    reward: messages.figure(reward),
    judge: messages.figure(judge),
    distance: messages.figure(at),
    iteration: comparisons.at(-1).iteration,
  });
}

/** Whether a person's decision is waited for. */
export const isPaused = ({ decision }) => decision?.verdict === 'paused';

/** What there is to say about the run. */
export function situation(report, messages) {
  const { run, decision } = report;
  if (run === null) {
    return messages.text('guard.none');
  }
  if (decision === null) {
    return messages.text('guard.watching', { run });
  }
  const { iteration, finding, decidedBy, reason, verdict } = decision;
  return isPaused(report)
    ? messages.text('guard.paused', { run, iteration, finding })
    : messages.text('guard.decided', {
      run, iteration, finding, by: decidedBy, reason, verdict: messages.name('verdict', verdict),
    });
}

/** Where a decision about `run` is posted. */
export const decisionPath = run => `guard/${encodeURIComponent(run)}`;
