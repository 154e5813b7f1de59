// What a service's page shows, computed from what the service says. Pure: no document, no network.

/** The reasons of a stage that a person has paused, unnamed or by name. */
const BY_A_PERSON = ['stage.paused', 'stage.pausedBy'];

/** Which of the buttons do something in a state; what a stage has paused by itself, its own section lets go on. */
export function usableActions(state, reason) {
  return {
    trigger: state !== 'starting' && state !== 'unreachable',
    pause: state === 'running' || state === 'waiting',
    resume: state === 'paused' && BY_A_PERSON.includes(reason.code),
    cancel: state === 'running' || state === 'waiting' || state === 'failed',
  };
}

/** Facts about a job, as pairs of name and value. */
export function jobFacts(job, messages) {
  const facts = [[messages.text('job.run'), job.run]];
  if (job.phase !== null) {
    facts.push([messages.text('job.phase'), messages.name('phase', job.phase)]);
    facts.push([messages.text('job.step'), `${messages.whole(job.step)} / ${messages.whole(job.totalSteps)}`]);
  }
  if (job.etaSeconds !== null) {
    facts.push([messages.text('job.eta'), messages.duration(job.etaSeconds)]);
  }
  if (job.memory !== null) {
    facts.push([messages.text('job.memory'), messages.text('job.memoryOf', {
      needed: messages.figure(job.memory.bytes / 2 ** 30),
      available: messages.figure(job.memory.available / 2 ** 30),
    })]);
  }
  if (job.attempts > 1) {
    facts.push([messages.text('job.attempt'), messages.whole(job.attempts)]);
  }
  return facts;
}

/** Failures that the job went on after: what was wrong and what was done, newest first. */
export function healedLines(job, messages) {
  return job.healed.map(reason => messages.said(reason)).reverse();
}

/** What a metric is called; one that several phases report comes as `metric (phase)`. */
export function metricName(metric, messages) {
  const end = metric.endsWith(')') ? metric.lastIndexOf(' (') : -1;
  return end < 0
    ? messages.name('metric', metric)
    : `${messages.name('metric', metric.slice(0, end))} (${messages.name('phase', metric.slice(end + 2, -1))})`;
}

/** A checkpoint's metrics in one line. */
export function metricsLine(metrics, messages) {
  return Object.entries(metrics)
    .map(([name, value]) => `${metricName(name, messages)} ${messages.figure(value)}`)
    .join(' · ');
}

/** Remembers which points of which run are shown. */
export class ShownSeries {
  constructor() {
    this.run = null;
    this.steps = new Map();
  }

  /** Takes in the newest series; tells whether they are another run's, and which metrics have news. */
  update({ run, ...series }) {
    const otherRun = run !== this.run;
    if (otherRun) {
      this.run = run;
      this.steps.clear();
    }
    const changed = Object.entries(series).filter(([metric, points]) => this.steps.get(metric) !== points.at(-1)[0]);
    changed.forEach(([metric, points]) => this.steps.set(metric, points.at(-1)[0]));
    return { otherRun, changed };
  }

  /** Forgets what is shown, so that all of it is news. */
  clear() {
    this.run = null;
    this.steps.clear();
  }
}
