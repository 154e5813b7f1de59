// What the page for reviewers says, computed from what the service says. Pure: no document, no network.

const NONE = '–';

/** A figure, or that there is none. */
export const figureOr = (value, messages) => (value === null ? NONE : messages.figure(value));

/** A share, or that there is none. */
const shareOr = (value, messages) => (value === null ? NONE : messages.share(value));

/** What is said about people's agreement, as reasons. */
export function agreementLines({ agreement, interval, accuracy, abstentions }, messages) {
  const alpha = figureOr(agreement.alpha, messages);
  return [
    { code: 'review.shared', arguments: { requests: agreement.requests } },
    interval
      ? { code: 'review.alphaInterval', arguments: { alpha, ...ends(interval, messages) } }
      : { code: 'review.alpha', arguments: { alpha } },
    { code: 'review.concordance',
      arguments: {
        concordance: figureOr(agreement.concordance, messages),
        chance: figureOr(agreement.concordanceByChance, messages),
      } },
    accuracy === null
      ? { code: 'review.noAccuracy' }
      : { code: 'review.accuracy', arguments: { accuracy: messages.share(accuracy) } },
    ...(agreement.pairs === null ? [] : [{ code: 'review.ceiling', arguments: { pairs: messages.share(agreement.pairs) } }]),
    ...Object.entries(abstentions).sort().map(([cause, times]) =>
      ({ code: 'panel.reward.abstentions', arguments: { cause: messages.name('abstention', cause), times } })),
  ];
}

const ends = ({ low, high }, messages) => ({ low: messages.figure(low), high: messages.figure(high) });

/** Cells of each tag. */
export function tagRows(tags, messages) {
  return tags.map(({ tag, agreement, interval }) => [
    tag,
    messages.whole(agreement.requests),
    figureOr(agreement.alpha, messages),
    interval ? `${messages.figure(interval.low)} – ${messages.figure(interval.high)}` : NONE,
  ]);
}

/** Cells of each annotator, the least accurate on gold first, those without gold last. */
export function annotatorRows(annotators, messages) {
  return [...annotators]
    .sort((a, b) => (a.accuracy ?? 2) - (b.accuracy ?? 2))
    .map(({ name, shared, agreement, gold, accuracy }) => [
      name,
      messages.whole(shared),
      shareOr(agreement, messages),
      messages.whole(gold),
      shareOr(accuracy, messages),
    ]);
}

/** The answers in an opinion's order, each with its place; ties share one. */
export function placed({ order, scores, reasons }, answers) {
  let before = 0;
  return order.flatMap(group => {
    const place = before + 1;
    before += group.length;
    return group.map(index => ({
      place,
      text: answers[index],
      score: scores[index] ?? null,
      reason: reasons[index] ?? '',
    }));
  });
}
