// Where an answer comes from, as rows and arrows of a picture. Pure: no document, no network.

const MODELS = {
  rlhf: 'lineage.aligned',
  reward: 'lineage.reward',
  sft: 'lineage.sft',
  pretrain: 'lineage.base',
  tokenizer: 'lineage.tokenizer',
};
const DATA = {
  rankings: 'lineage.rankings',
  'ranking-requests': 'lineage.requests',
  prompts: 'lineage.prompts',
  instructions: 'lineage.instructions',
  'token-batches': 'lineage.batches',
  documents: 'lineage.documents',
  'clean-documents': 'lineage.cleanDocuments',
};
const GROUPS = { annotator: 'lineage.annotators', guideline: 'lineage.guidelines', source: 'lineage.sources' };

/** The code of what a model of a stage is called. */
export const modelName = stage => MODELS[stage] ?? stage;

/** The code of what the events of a topic are called. */
export const dataName = topic => DATA[topic] ?? topic;

/** The code of what events are grouped by. */
export const groupName = label => GROUPS[label] ?? label;

/** The response id that somebody has pasted: without blanks around it; the last part of an address is one, too. */
export const responseId = text => text.trim().split(/[/=]/).pop();

/**
 * The arrows between the rows of the picture: row 0 is the answer, row n the n-th model. An arrow to the next row goes
 * straight down (lane 0); a longer one goes around in a lane of its own wherever arrows overlap, the longest outside.
 */
export function arrows(models) {
  const rows = new Map(models.map(({ sha256 }, index) => [sha256, index + 1]));
  const all = models.length > 0 ? [{ from: 0, to: 1 }] : [];
  models.forEach(({ parents }, index) => {
    const targets = Object.values(parents).map(sha256 => rows.get(sha256)).filter(row => row !== undefined);
    new Set(targets).forEach(to => all.push({ from: index + 1, to }));
  });
  const ends = []; // of each lane, the arrows in it
  return all
    .sort((one, other) => one.to - one.from - (other.to - other.from) || one.from - other.from)
    .map(arrow => {
      if (arrow.to - arrow.from === 1) {
        return { ...arrow, lane: 0 };
      }
      const free = lane => (ends[lane] ?? []).every(({ from, to }) => to <= arrow.from || arrow.to <= from);
      let lane = 1;
      while (!free(lane)) {
        lane++;
      }
      (ends[lane] ??= []).push(arrow);
      return { ...arrow, lane };
    });
}

/** A range of a topic as one writes it: `partition:begin–end`, partitions without events left out. */
export function ranges(partitions) {
  return partitions
    .filter(({ begin, end }) => end > begin)
    .map(({ partition, begin, end }) => `${partition}:${begin}–${end}`)
    .join(' ');
}

/** What stands below a dataset's number, line by line: `{label, values: [[value, number]], others}`. */
export function groups(counts) {
  return Object.entries(counts?.by ?? {})
    .map(([label, { largest, others }]) => ({ label, values: Object.entries(largest), others }))
    .filter(({ values }) => values.length > 0);
}
