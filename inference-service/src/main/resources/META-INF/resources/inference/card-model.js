// A release's card: what is chosen, how cells read, and the reliability diagram. Pure: no document, no network.

/** What the list of releases says of one: its run, and what was decided. */
export const listed = ({ run, verdict, model }, messages) => ({
  run,
  text: `${run} · ${model} · ${messages.name('verdict', verdict)}`,
});

/** The run that the address names, whether or not there is such a release, else the newest one's; null where there is none. */
export const chosen = (wanted, releases) => wanted ?? releases[0]?.run ?? null;

/** A cell of a table as people read it. */
export function cell({ text, number, share, said, figure }, messages) {
  if (number !== undefined) {
    return messages.figure(number);
  }
  if (share !== undefined) {
    return messages.share(share);
  }
  if (figure !== undefined) {
    return messages.name('metric', figure);
  }
  return said === undefined ? text ?? '' : messages.said(said);
}

/** For each column whether it holds numbers alone, which stand on the right, one below the other. */
export const numeric = ({ head, rows }) => head.map((_, column) =>
  rows.length > 0 && rows.every(row => row[column].number !== undefined || row[column].share !== undefined));

/**
 * The bars of a reliability diagram in a square of `size`: where a bin stands, how high its share of right answers is, and
 * where the diagonal would be.
 */
export const reliability = (bins, size) => bins.map(({ from, to, accuracy, confidence, answers }) => ({
  x: from * size,
  width: (to - from) * size,
  height: accuracy * size,
  expected: confidence * size,
  answers,
}));
