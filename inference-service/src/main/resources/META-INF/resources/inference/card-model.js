// A release's card: what is chosen, how cells read, and the reliability diagram. Pure: no document, no network.
import { metricName } from '../alignstream/dashboard-model.js';

/** What the list of releases says of one: its run, and what was decided. */
export const listed = ({ run, verdict, model }, messages) => ({
  run,
  text: `${run} · ${model} · ${messages.name('verdict', verdict)}`,
});

/** The run that the address names if there is such a release, else the newest one's; null where there is none. */
export const chosen = (search, releases) => {
  const wanted = new URLSearchParams(search).get('run');
  return wanted ?? releases[0]?.run ?? null;
};

/** A cell of a table: its text, and whether it is a number, which stands on the right. */
export function cell({ text, number, share, said, figure }, messages) {
  if (number !== undefined) {
    return { text: messages.figure(number), numeric: true };
  }
  if (share !== undefined) {
    return { text: messages.share(share), numeric: true };
  }
  if (figure !== undefined) {
    return { text: metricName(figure, messages), numeric: false };
  }
  return { text: said === undefined ? text ?? '' : messages.said(said), numeric: false };
}

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
