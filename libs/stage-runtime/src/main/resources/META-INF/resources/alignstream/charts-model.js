// Which charts there are of which curves, and what is computed for them. Pure: no document, no network.
import { FIGURES } from './figures.js';

/** Figures that stand in one chart, the one that it is called by first: what is learned beside what is held out. */
const TOGETHER = [
  ['loss', 'validationLoss', 'baseValidationLoss'],
  ['trainingBitsPerByte', 'validationBitsPerByte'],
  ['validationMaskedAccuracy', 'validationUnigramAccuracy'],
  ['pairAccuracy', 'judge/pairAccuracy'],
  ['objective/scores', 'heldOut/scores', 'heldOut/sftScores'],
  ['heldOut/judgeScores', 'heldOut/sftJudgeScores'],
  ['objective/kl', 'heldOut/kl'],
  ['responseLength', 'heldOut/responseLength', 'heldOut/sftResponseLength'],
  ['endRate', 'heldOut/endRate'],
  ['winRate', 'winRate/low', 'winRate/high', 'heldOut/rewardWinRate'],
  ['heldOut/accuracy', 'heldOut/sftAccuracy'],
  ['heldOut/foreign', 'heldOut/sftForeign'],
  ['heldOut/refusals', 'heldOut/sftRefusals'],
  ['disagreement', 'heldOut/disagreement'],
  ['freshRankings/accuracy', 'freshRankings/judgeAccuracy'],
  ['pairAccuracy/longer', 'pairAccuracy/sameLength', 'pairAccuracy/shorter', 'pairAccuracy/lengthBalanced'],
];

/** What one looks at first, the most telling first; at most five charts of them are shown unfolded. */
const HEADLINES = [
  'objective/scores', 'heldOut/judgeScores', 'objective/kl', 'responseLength', 'policy/entropy_avg',
  'trainingBitsPerByte', 'validationMaskedAccuracy', 'pairAccuracy', 'loss', 'validationAccuracy', 'rewards/margins', 'winRate', 'calibrationError', 'gradientNorm', 'modelFlopsUtilisation',
  'learningRate', 'tokensPerSecond', 'bytesPerToken', 'vocabularySize', 'documents',
];

/** Most charts that are shown unfolded. */
export const MOST_HEADLINES = 5;

/** Figures that are measured on what is held out are drawn dashed. */
const HELD_OUT = /^validation|^heldOut|^base|judge|\/low$|\/high$|^freshRankings/;

/** Whether a figure is measured on what the run does not learn from. */
export const isHeldOut = metric => HELD_OUT.test(metric);

/** What is known of a figure: unit and what is good; one with a name of its own below another is of its kind. */
export function kindOf(metric) {
  const kind = FIGURES[metric] ?? FIGURES[metric.slice(metric.lastIndexOf('/') + 1)] ?? ['plain', 'steady'];
  return { unit: kind[0], good: kind[1] };
}

/** What a figure is, in a sentence; empty if nothing is known of it. */
export function explanation(metric, messages) {
  const known = [metric, metric.slice(metric.lastIndexOf('/') + 1)].find(name => messages.has(`metric.${name}.hint`));
  return known === undefined ? '' : messages.text(`metric.${known}.hint`);
}

/** Unit and what is good, in a few words. */
export function kindLine(metric, messages) {
  const { unit, good } = kindOf(metric);
  return [unit === 'plain' ? '' : messages.name('unit', unit), messages.name('good', good)]
    .filter(part => part !== '').join(' · ');
}

/** The charts of these runs: `{id, metrics, headline}`, those that one looks at first in front. */
export function chartsOf(runs) {
  const measured = new Set(runs.flatMap(run => run.curves.map(curve => curve.metric)));
  const charts = new Map();
  for (const metric of [...measured].sort()) {
    const together = TOGETHER.find(names => names.includes(metric)) ?? [metric];
    charts.set(together[0], together.filter(name => measured.has(name)));
  }
  const headlines = HEADLINES.filter(id => charts.has(id)).slice(0, MOST_HEADLINES);
  const rest = [...charts.keys()].filter(id => !headlines.includes(id)).sort();
  return [...headlines, ...rest].map(id => ({ id, metrics: charts.get(id), headline: headlines.includes(id) }));
}

/**
 * The curves of a chart: `{run, phase, metric, points}`, run by run. Where one figure is reported by several phases each is
 * a curve, as their steps count different things.
 */
export function curvesOf(chart, runs) {
  return runs.flatMap(run => chart.metrics.flatMap(metric =>
    run.curves.filter(curve => curve.metric === metric)
      .map(({ phase, points }) => ({ run: run.run, phase, metric, points }))));
}

/** What a curve is called: only by what tells it from the others of its chart. */
export function curveName(curve, curves, messages) {
  const several = key => new Set(curves.map(other => other[key])).size > 1;
  const ofPhases = curves.some(other =>
    other.run === curve.run && other.metric === curve.metric && other.phase !== curve.phase);
  return [
    several('metric') || !several('run') ? messages.name('metric', curve.metric) : '',
    ofPhases ? `(${messages.name('phase', curve.phase)})` : '',
    several('run') ? shortRun(curve.run) : '',
  ].filter(part => part !== '').join(' ');
}

/** Enough of a run's id to tell it from others. */
export const shortRun = run => (run.length > 12 ? `${run.slice(0, 12)}…` : run);

/**
 * A curve without its jitter: the exponential moving average with `weight` from 0 to below 1 on what came before, without
 * the pull towards zero that it begins with.
 */
export function smoothed(points, weight) {
  if (weight === 0) {
    return points;
  }
  let sum = 0;
  let share = 0;
  return points.map(([step, value]) => {
    sum = weight * sum + (1 - weight) * value;
    share = weight * share + (1 - weight);
    return [step, sum / share];
  });
}

/** Whether a logarithmic axis can show all of these curves. */
export const canBeLogarithmic = curves => curves.length > 0
  && curves.every(({ points }) => points.every(([, value]) => value > 0));

/** The value of a curve at a step: that of the last point that is not behind it; undefined before the first. */
export function valueAtStep(points, step) {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle][0] <= step) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return points[low - 1]?.[1];
}

/** The curves as a table of text: one line for each step, a column for each curve. */
export function csv(curves, header) {
  const steps = [...new Set(curves.flatMap(({ points }) => points.map(([step]) => step)))].sort((one, other) => one - other);
  const values = curves.map(({ points }) => new Map(points));
  const lines = steps.map(step => [step, ...values.map(at => at.get(step) ?? '')].join(','));
  return [header.map(quoted).join(','), ...lines, ''].join('\n');
}

const quoted = text => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** What a file of these runs and figures is called. */
export const fileName = (runs, what, suffix) =>
  `${[...runs.map(run => run.slice(0, 12)), what].join('-').replace(/[^\p{L}\p{N}.-]+/gu, '-')}.${suffix}`;

/** What two or more runs were made of where they are not alike: `{name, values}`, a value for each run, null if it has none. */
export function differences(runs) {
  const all = runs.map(({ settings, parents, datasets }) => new Map([
    ...Object.entries(settings),
    ...Object.entries(parents).map(([role, { sha256 }]) => [role, sha256.slice(0, 12)]),
    ...datasets.map(({ topic, content, partitions }) => [topic, (content ?? ends(partitions)).slice(0, 12)]),
  ]));
  const names = [...new Set(all.flatMap(one => [...one.keys()]))].sort();
  return names
    .map(name => ({ name, values: all.map(one => one.get(name) ?? null) }))
    .filter(({ values }) => new Set(values).size > 1);
}

const ends = partitions => (partitions ?? []).map(({ begin, end }) => `${begin}–${end}`).join(' ');

/** Where a run stands, as the row of a table. */
export function runRow(run, isRunning, messages) {
  const outcome = isRunning ? 'running' : run.outcome ?? 'lost';
  return {
    run: run.run,
    outcome,
    state: messages.text(OUTCOMES[outcome]),
    title: messages.said(run.title),
    begun: run.begun,
    steps: run.phase === null ? '–' : `${messages.whole(run.step)} / ${messages.whole(run.totalSteps)}`,
  };
}

const OUTCOMES = {
  running: 'state.running', finished: 'runs.finished', stopped: 'runs.stopped', failed: 'runs.failed', lost: 'runs.lost',
};

/** Which runs are shown after one was chosen or put aside: one at least, `most` at most, the one chosen first goes then. */
export function chosen(shown, run, isShown, most) {
  const others = shown.filter(other => other !== run);
  if (!isShown) {
    return others.length === 0 ? shown : others;
  }
  return [...others, run].slice(-most);
}
