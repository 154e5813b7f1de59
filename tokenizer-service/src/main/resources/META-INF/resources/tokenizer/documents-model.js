// What the documents panel shows, computed from what the service has counted. Pure: no document, no network.

const ALWAYS_SHOWN = ['kept', 'duplicate', 'poison'];
const RATE_MILLISECONDS = 10_000;

/** All documents of a list of `{documents}`. */
export function total(counts) {
  return counts.reduce((sum, { documents }) => sum + documents, 0);
}

/** The outcomes worth a row, with their share of all documents. */
export function outcomeRows(outcomes) {
  const all = total(outcomes);
  return outcomes
    .filter(({ outcome, documents }) => documents > 0 || ALWAYS_SHOWN.includes(outcome))
    .map(row => ({ ...row, share: all === 0 ? 0 : row.documents / all }));
}

/** The languages with their share of the kept documents. */
export function languageRows(languages) {
  const all = total(languages);
  return languages.map(row => ({ ...row, share: row.documents / all }));
}

/** Rules that have done something, and the ids of those that have not. */
export function rulesByEffect(rules) {
  return {
    busy: rules.filter(({ documents }) => documents > 0),
    idle: rules.filter(({ documents }) => documents === 0).map(({ rule }) => rule),
  };
}

/** An id that fits in a line. */
export function shortId(id) {
  return id.length > 16 ? `${id.slice(0, 16)}…` : id;
}

/** Why a document was dropped, as a reason; the id of a language becomes its name. */
export function faultShown(fault, messages) {
  return fault.code === 'fault.language'
    ? messages.text(fault.code, { ...fault.arguments, language: messages.languageName(fault.arguments.language) })
    : messages.said(fault);
}

/** Documents and bytes a second, over the last ten seconds. */
export class Throughput {
  constructor() {
    this.moments = [];
  }

  /** Takes in the counters at a time in milliseconds. */
  observe(milliseconds, documents, bytes) {
    this.moments.push({ milliseconds, documents, bytes });
    while (milliseconds - this.moments[0].milliseconds > RATE_MILLISECONDS) {
      this.moments.shift();
    }
  }

  /** How much `counter` ('documents' or 'bytes') grows a second. */
  rate(counter) {
    const first = this.moments[0];
    const last = this.moments.at(-1);
    const seconds = (last.milliseconds - first.milliseconds) / 1000;
    return seconds > 0 ? (last[counter] - first[counter]) / seconds : 0;
  }
}

/** Facts about the stream of documents, as pairs of name and value. */
export function throughputFacts(figures, throughput, messages) {
  const documents = total(figures.outcomes);
  const kept = figures.outcomes.find(({ outcome }) => outcome === 'kept')?.documents ?? 0;
  return [
    [messages.text('documents.profile'), figures.profile],
    [messages.text('documents.count'), messages.whole(documents)],
    [messages.text('documents.kept'), documents === 0 ? '–' : messages.share(kept / documents)],
    [messages.text('documents.megabytes'), (figures.bytes / 1e6).toFixed(1)],
    [messages.text('documents.rate'), messages.whole(throughput.rate('documents'))],
    [messages.text('documents.byteRate'), (throughput.rate('bytes') / 1e6).toFixed(2)],
  ];
}
