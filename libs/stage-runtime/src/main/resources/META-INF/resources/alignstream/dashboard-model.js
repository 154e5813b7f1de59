// What a service's page shows, computed from what the service says. Pure: no document, no network.

/** The reasons of a stage that a person has paused, unnamed or by name. */
const BY_A_PERSON = ['stage.paused', 'stage.pausedBy'];

/**
 * Which of the buttons do something in a state; what a stage has paused by itself, its own section lets go on. A trigger does
 * nothing while the stage is paused, and while a run goes on nobody knows what it would start after it; a run that has ended
 * well cannot be cancelled.
 */
export function usableActions(state, reason, outcome = null) {
  return {
    trigger: state === 'waiting' || state === 'failed' || state === 'cancelled',
    pause: state === 'running' || state === 'waiting',
    resume: state === 'paused' && BY_A_PERSON.includes(reason.code),
    cancel: state === 'running' || state === 'failed' || (state === 'waiting' && outcome !== null && outcome !== 'finished'),
  };
}

const OUTCOMES = { finished: 'runs.finished', stopped: 'runs.stopped', failed: 'runs.failed' };

/** How far a job's bar goes: what has finished has finished, with however few steps; null where there is nothing to show. */
export function jobProgress(job) {
  if (job.outcome === 'finished') {
    return null;
  }
  return job.phase === null ? null : { value: job.step, max: Math.max(job.totalSteps, 1) };
}

/** Facts about a job, as pairs of name and value. */
export function jobFacts(job, messages) {
  const facts = [[messages.text('job.run'), job.run]];
  if (job.cause != null) {
    facts.push([messages.text('job.cause'), messages.said(job.cause)]);
  }
  if (job.phase !== null) {
    facts.push([messages.text('job.phase'), messages.name('phase', job.phase)]);
    facts.push([messages.text('job.step'), `${messages.whole(job.step)} / ${messages.whole(job.totalSteps)}`]);
  }
  if (job.outcome != null) {
    facts.push([messages.text('job.ended'), messages.text('job.endedAt', {
      outcome: { code: OUTCOMES[job.outcome] }, when: messages.time(job.changed),
    })]);
  }
  if (job.etaSeconds !== null) {
    facts.push([messages.text('job.eta'), messages.duration(job.etaSeconds)]);
  }
  const utilisation = job.metrics?.modelFlopsUtilisation;
  if (utilisation !== undefined) {
    facts.push([messages.text('job.utilisation'), messages.share(utilisation)]);
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

/** What a trigger would do, how long that may take, and what it brings after it; empty while that is not known. */
export function triggerLine(stage, reason, lastSeconds, messages) {
  if (reason === null) {
    return '';
  }
  if (reason.code !== 'trigger.run') {
    return messages.said(reason);
  }
  return [
    messages.said(reason),
    lastSeconds == null ? null : messages.text('trigger.takes', { duration: messages.duration(lastSeconds) }),
    FOLLOWING[stage] === undefined ? null : messages.text(FOLLOWING[stage]),
  ].filter(said => said !== null).join(' ');
}

/** What is made anew when a stage has a new result. */
const FOLLOWING = {
  tokenizer: 'trigger.afterTokenizer',
  pretrain: 'trigger.afterPretrain',
  sft: 'trigger.afterSft',
  reward: 'trigger.afterReward',
  rlhf: 'trigger.afterRlhf',
};

/** Topics whose dead letters may be replayed as a whole: `{topic, letters, replay}`, those that were replayed left out. */
export function replayableTopics(letters) {
  const topics = new Map();
  for (const { topic, replayed, replay } of letters) {
    if (!replayed && replay !== 'nobody') {
      topics.set(topic, { topic, letters: (topics.get(topic)?.letters ?? 0) + 1, replay });
    }
  }
  return [...topics.values()];
}

const REPLAY = { here: 'replay.here', command: 'replay.command', nobody: 'replay.nobody' };

/** Who can replay a dead letter, in a sentence. */
export function replayLine({ topic, partition, offset, replayed, replay }, messages) {
  if (replayed) {
    return messages.text('replay.done');
  }
  return messages.text(REPLAY[replay], { topic, place: `${partition}/${offset}` });
}

/** A record's value for people: JSON with its lines and indents, any other text as it is. */
export function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** Failures that the job went on after: what was wrong and what was done, newest first. */
export function healedLines(job, messages) {
  return job.healed.map(reason => messages.said(reason)).reverse();
}

/** What a worker came to that another contradicts: who and where it is, its gradients' hash, and its machine. */
export function computedLines({ worker, address, gradients, fingerprint }, messages) {
  return [
    messages.text('incident.worker', { worker, address }),
    messages.text('incident.gradients', { gradients }),
    Object.entries(fingerprint).map(([name, value]) => `${name} ${value}`).sort().join(' · '),
  ];
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
