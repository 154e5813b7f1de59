// What the page of rewarded answers says, without the page.

/** The path of an iteration's answers; `reward` is the run of a reward model that scores them again, or empty. */
export function iterationPath(run, iteration, reward) {
  const query = reward ? `?reward=${encodeURIComponent(reward)}` : '';
  return `/rollouts/${encodeURIComponent(run)}/${iteration}${query}`;
}

/** One line about the whole iteration. */
export function summary(shown, messages) {
  return messages.text(shown.meanRescored === null ? 'rollouts.summary' : 'rollouts.summaryRescored', {
    answers: shown.answers,
    algorithm: shown.algorithm,
    score: messages.figure(shown.meanScore),
    rescored: shown.meanRescored === null ? '' : messages.figure(shown.meanRescored),
    reward: (shown.reward?.sha256 ?? '').slice(0, 12),
  });
}

/** The heads of a table's columns, as codes. */
export const heads = rescored => [
  'rollouts.prompt', 'rollouts.answer', 'rollouts.score',
  ...(rescored ? ['rollouts.rescored'] : []),
  'rollouts.kl', 'rollouts.before', 'rollouts.beforeScore',
];

/** A table's rows: texts, whether a number, and whether it differs from what was said before. */
export function rows(answers, rescored, messages) {
  const number = value => ({ text: value === null ? '–' : messages.figure(value), number: true });
  return answers.map(one => [
    { text: one.prompt },
    {
      text: one.ended ? one.answer : `${one.answer} ${messages.text('rollouts.cut')}`,
      changed: one.before !== null && one.before !== one.answer,
    },
    number(one.score),
    ...(rescored ? [number(one.rescored)] : []),
    number(one.kl),
    { text: one.before ?? messages.text('rollouts.first') },
    number(one.beforeScore),
  ]);
}
