import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flow, path, release, summary } from '../../main/resources/META-INF/resources/inference/overview-model.js';
import { Messages } from '../../../../libs/stage-runtime/src/main/resources/META-INF/resources/alignstream/messages.js';

const messages = new Messages('en', {
  'state.running': 'running', 'state.waiting': 'waiting', 'overview.lag': '{records} to read', 'overview.dead': '{records} dead',
  'overview.eta': '{time} left', 'overview.noRun': 'no run', 'overview.lastRun': 'last run {when}', 'phase.train': 'training',
  'overview.attention': 'look at {alarms}', 'overview.running': '{stages} at work', 'overview.idle': 'nothing to do',
  'lineage.base': 'base model', 'lineage.sft': 'SFT model', 'charts.step': 'step {step}', 'overview.replaced': 'replaced',
  'overview.served': 'served', 'overview.byGate': 'by the gate', 'overview.by': 'by {name}', 'verdict.approved': 'approved',
  'overview.otherModel': 'new {model}: {now}', 'overview.moreRecords': '{records} more of {topic}',
  'overview.otherRecords': '{records} others of {topic}', 'metric.winRate': 'win rate', 'verbatim': '{text}',
});

const STAGES = ['tokenizer', 'pretrain', 'sft', 'reward', 'rlhf', 'inference'];
const idle = stage => ({
  stage, page: '', state: 'waiting', reason: null, run: null, phase: null, step: 0, totalSteps: 0, etaSeconds: null, heard: null,
});
const seen = stages => ({ alarms: [], topics: [], stages: STAGES.map(stage => ({ ...idle(stage), ...stages[stage] })) });

test('a stage that runs says how far it is, and what is before it', () => {
  // Given
  const overview = {
    ...seen({ sft: { state: 'running', run: 'r1', phase: 'train', step: 5, totalSteps: 20, etaSeconds: 61 } }),
    topics: [{ name: 'instructions', records: 1200, deadLetters: 2, lag: { 'sft-service': 3 } }],
  };

  // When
  const sft = flow(overview, messages).find(({ stage }) => stage === 'sft');

  // Then
  assert.equal(sft.line, 'training · 5 / 20 · 1 min 1 sec left');
  assert.equal(sft.share, 0.25);
  assert.deepEqual(sft.takes[0], { name: 'instructions', records: '1,200', lag: '3 to read', deadLetters: '2 dead' });
});

test('a stage that has told of no run says so', () => {
  // When
  const [tokenizer] = flow(seen({}), messages);

  // Then
  assert.equal(tokenizer.line, 'no run');
  assert.equal(tokenizer.share, null);
});

test('alarms go before all else', () => {
  // When
  const texts = [
    { ...seen({ sft: { state: 'running' } }), alarms: [{ code: 'x' }] }, seen({ sft: { state: 'running' } }), seen({}),
  ].map(overview => summary(overview, messages).text);

  // Then
  assert.deepEqual(texts, ['look at 1', '1 at work', 'nothing to do']);
});

test('a model on the way has a name, its steps and what says most about it', () => {
  // Given
  const base = { stage: 'pretrain', run: 'b', step: 500, sha256: 'cc', since: null, inUse: false, figures: { loss: 2, other: 1 } };

  // When
  const [shown] = path([base], messages);

  // Then
  assert.equal(shown.name, 'base model');
  assert.equal(shown.steps, 'step 500');
  assert.equal(shown.replaced, 'replaced');
  assert.deepEqual(shown.figures.map(({ name }) => name), ['loss']);
});

test('a release says what is new in it', () => {
  // Given
  const told = {
    model: 'm', run: 'r', sha256: '0123456789abcdef', verdict: 'approved', why: { code: 'verbatim', arguments: { text: 'better' } },
    decidedBy: null, since: 'now', served: true, figures: { winRate: 0.75 }, before: { winRate: 0.5 },
    changes: [
      { what: 'sft', before: 'aa', now: 'bb' }, { what: 'rankings', before: '10', now: '15' }, { what: 'prompts', before: '9', now: '4' },
    ],
  };

  // When
  const shown = release(told, messages);

  // Then
  assert.deepEqual(shown.changes, ['new SFT model: bb', '5 more of rankings', '4 others of prompts']);
  assert.deepEqual(shown.figures.map(({ value, change }) => [value, change]), [['0.75', '+0.25']]);
  assert.equal(shown.by, 'by the gate');
  assert.equal(shown.card, 'card?run=r');
});
