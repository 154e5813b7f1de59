// The whole flow, as people look at it. Pure: no document, no network.

/** What each stage takes in and gives out, in the order of the flow; a topic is drawn with each that has to do with it. */
const FLOW = [
  { stage: 'tokenizer', takes: ['documents', 'clean-documents'], gives: ['tokenizers', 'token-batches'] },
  { stage: 'pretrain', takes: ['token-batches'], gives: ['checkpoints'] },
  { stage: 'sft', takes: ['instructions', 'checkpoints'], gives: ['checkpoints'] },
  { stage: 'reward', takes: ['prompts', 'rankings', 'checkpoints'], gives: ['ranking-requests', 'checkpoints'] },
  { stage: 'rlhf', takes: ['prompts', 'checkpoints'], gives: ['checkpoints', 'model-releases'] },
  { stage: 'inference', takes: ['model-releases'], gives: ['feedback'] },
];

/** What says most about a model or a release, the most telling first. */
const TELLING = {
  tokenizer: ['vocabularySize', 'bytesPerToken'],
  pretrain: ['validationBitsPerByte', 'trainedTokens', 'loss'],
  sft: ['validationLoss', 'validationAccuracy', 'loss'],
  reward: ['pairAccuracy', 'calibrationError'],
  rlhf: ['winRate', 'heldOut/accuracy', 'heldOut/kl'],
};
const TELLING_OF_RELEASES = ['winRate', 'heldOut/accuracy', 'heldOut/judgeScores', 'heldOut/kl', 'heldOut/responseLength'];

const MODELS = {
  tokenizer: 'lineage.tokenizer', pretrain: 'lineage.base', sft: 'lineage.sft', reward: 'lineage.reward', rlhf: 'lineage.aligned',
};
const ROLES = { tokenizer: 'lineage.tokenizer', base: 'lineage.base', sft: 'lineage.sft', reward: 'lineage.reward' };
const STATES = {
  running: 'state.running', waiting: 'state.waiting', paused: 'state.paused', cancelled: 'state.cancelled',
  failed: 'state.failed', silent: 'overview.state.silent',
};

/** The stages with their topics. A service that follows a topic shows how much of it is still before it. */
export function flow({ topics, stages }, messages) {
  const known = new Map(topics.map(topic => [topic.name, topic]));
  const shown = (name, service) => {
    const topic = known.get(name);
    const lag = topic?.lag[service] ?? 0;
    return {
      name,
      records: messages.whole(topic?.records ?? 0),
      lag: lag > 0 ? messages.text('overview.lag', { records: lag }) : '',
      deadLetters: topic?.deadLetters > 0 ? messages.text('overview.dead', { records: topic.deadLetters }) : '',
    };
  };
  return FLOW.map(({ stage, takes, gives }) => {
    const state = stages.find(other => other.stage === stage);
    const service = `${stage}-service`;
    return {
      stage,
      service,
      page: state.page,
      state: state.state,
      stateName: messages.text(STATES[state.state]),
      ...progressOf(state, messages),
      takes: takes.map(name => shown(name, service)),
      gives: gives.map(name => shown(name, '')),
    };
  });
}

/** How far a stage's run is. */
function progressOf(state, messages) {
  if (state.run === null) {
    return { run: '', line: messages.text('overview.noRun'), share: null };
  }
  if (state.state === 'waiting') {
    return { run: state.run, line: messages.text('overview.lastRun', { when: messages.time(state.heard) }), share: null };
  }
  const share = state.totalSteps > 0 ? state.step / state.totalSteps : 0;
  const parts = [messages.name('phase', state.phase), `${messages.whole(state.step)} / ${messages.whole(state.totalSteps)}`];
  if (state.etaSeconds !== null) {
    parts.push(messages.text('overview.eta', { time: messages.duration(state.etaSeconds) }));
  }
  return { run: state.run, line: parts.join(' · '), share };
}

/** What stands in front of everything: whether there is anything to look at. */
export function summary({ alarms, stages }, messages) {
  if (alarms.length > 0) {
    return { state: 'failed', text: messages.text('overview.attention', { alarms: alarms.length }) };
  }
  const running = stages.filter(({ state }) => state === 'running').length;
  return running > 0
    ? { state: 'running', text: messages.text('overview.running', { stages: running }) }
    : { state: 'waiting', text: messages.text('overview.idle') };
}

/** The models on the way to the newest one. */
export function path(models, messages) {
  return models.map(model => ({
    name: messages.text(MODELS[model.stage]),
    run: model.run,
    sha256: model.sha256,
    since: model.since,
    steps: model.step > 0 ? messages.text('charts.step', { step: messages.whole(model.step) }) : '',
    replaced: model.inUse ? '' : messages.text('overview.replaced'),
    figures: telling(model.figures, TELLING[model.stage], 2, messages),
  }));
}

function telling(figures, names, most, messages) {
  return names.filter(name => figures[name] !== undefined).slice(0, most)
    .map(name => ({ name, label: messages.name('metric', name), value: messages.figure(figures[name]) }));
}

/** A release with what is new in it and how its figures changed. */
export function release(told, messages) {
  return {
    key: `${told.model} ${told.sha256.slice(0, 12)}`,
    card: `card?run=${encodeURIComponent(told.run)}`,
    verdict: told.verdict,
    verdictName: messages.name('verdict', told.verdict),
    served: told.served ? messages.text('overview.served') : '',
    since: told.since,
    why: messages.said(told.why),
    by: told.decidedBy === null ? messages.text('overview.byGate') : messages.text('overview.by', { name: told.decidedBy }),
    changes: told.changes.map(change => changeLine(change, messages)),
    figures: telling(told.figures, TELLING_OF_RELEASES, 5, messages).map(figure => ({
      ...figure,
      change: told.before[figure.name] === undefined ? '' : signed(told.figures[figure.name] - told.before[figure.name], messages),
    })),
  };
}

function changeLine({ what, before, now }, messages) {
  const role = ROLES[what];
  if (role !== undefined) {
    return messages.text('overview.otherModel', { model: { code: role }, now: now.slice(0, 12) });
  }
  const more = before === null ? 0 : Number(now) - Number(before);
  return more > 0
    ? messages.text('overview.moreRecords', { topic: what, records: more })
    : messages.text('overview.otherRecords', { topic: what, records: Number(now) });
}

const signed = (value, messages) => (value === 0 ? '±0' : `${value > 0 ? '+' : '−'}${messages.figure(Math.abs(value))}`);
