import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  computedLines, healedLines, jobFacts, jobProgress, metricName, metricsLine, readable, replayableTopics, replayLine, triggerLine,
  usableActions,
} from '../../main/resources/META-INF/resources/alignstream/dashboard-model.js';
import { Messages } from '../../main/resources/META-INF/resources/alignstream/messages.js';

const messages = new Messages('en', {
  'job.run': 'Run', 'job.cause': 'Begun because', 'cause.person': '{name} asked: {reason}', 'job.phase': 'Phase', 'job.step': 'Step', 'job.eta': 'Time left', 'job.attempt': 'Attempt',
  'phase.train': 'training', 'metric.loss': 'loss', 'metric.bits (per byte)': 'bits',
  'job.memory': 'Memory', 'job.memoryOf': '{needed} GiB needed, {available} GiB available',
  'job.utilisation': 'MFU', 'incident.worker': '{worker} at {address}', 'incident.gradients': 'gradients {gradients}',
  'job.ended': 'Ended', 'job.endedAt': '{outcome} at {when}', 'runs.stopped': 'stopped', 'verbatim': '{text}',
  'replay.done': 'done', 'replay.command': 'replay {topic} --at {place}',
  'trigger.takes': 'took {duration}', 'trigger.run': 'starts {job}', 'trigger.nothing': 'nothing: {why}', 'trigger.afterSft': 'then rewards',
  'training.healedByRate': 'step {step}: {problem}; learning rate times {scale}', 'training.rose': 'from {from} to {to}',
});

test('only a paused stage can be resumed, only one that may run cancelled', () => {
  // When
  const usable = ['starting', 'waiting', 'running', 'paused', 'cancelled', 'failed', 'unreachable'].map(state =>
    Object.entries(usableActions(state, { code: 'stage.paused' })).filter(([, is]) => is).map(([action]) => action));

  // Then
  assert.deepEqual(usable, [
    [], ['trigger', 'pause'], ['pause', 'cancel'], ['resume'], ['trigger'],
    ['trigger', 'cancel'], [],
  ]);
});

test('a run that waits to be tried again can be cancelled, one that has finished cannot', () => {
  // When
  const usable = ['failed', 'stopped', 'finished', null].map(outcome =>
    usableActions('waiting', { code: 'stage.backoff' }, outcome).cancel);

  // Then
  assert.deepEqual(usable, [true, true, false, false]);
});

test('a stage that somebody has paused by name can be resumed', () => {
  // When
  const usable = usableActions('paused', { code: 'stage.pausedBy', arguments: { name: 'Ann', reason: 'cleaning' } });

  // Then
  assert.equal(usable.resume, true);
});

test('a run that its stage has paused is not resumed with the stage', () => {
  // When
  const usable = usableActions('paused', { code: 'guard.paused' });

  // Then
  assert.equal(usable.resume, false);
});

test('a job tells why it was begun', () => {
  // Given
  const cause = { code: 'cause.person', arguments: { name: 'Ann', reason: 'the fair opens' } };

  // When
  const facts = jobFacts({ run: 'r1', cause, phase: null, step: 0, totalSteps: 0, etaSeconds: null, memory: null, attempts: 1 }, messages);

  // Then
  assert.deepEqual(facts, [['Run', 'r1'], ['Begun because', 'Ann asked: the fair opens']]);
});

test('a job that has just begun has no phase yet', () => {
  // When
  const facts = jobFacts({ run: 'r1', phase: null, step: 0, totalSteps: 0, etaSeconds: null, memory: null, attempts: 1 }, messages);

  // Then
  assert.deepEqual(facts, [['Run', 'r1']]);
});

test('a running job tells phase, step, time left, memory and that it is tried again', () => {
  // When
  const facts = jobFacts(
    { run: 'r1', phase: 'train', step: 1500, totalSteps: 3000, etaSeconds: 61, attempts: 2,
      metrics: { loss: 2, modelFlopsUtilisation: 0.4375 },
      memory: { bytes: 1.5 * 2 ** 30, available: 3 * 2 ** 30 } }, messages);

  // Then
  assert.deepEqual(facts, [
    ['Run', 'r1'], ['Phase', 'training'], ['Step', '1,500 / 3,000'], ['Time left', '1 min 1 sec'],
    ['MFU', '43.8%'], ['Memory', '1.5 GiB needed, 3 GiB available'], ['Attempt', '2'],
  ]);
});

test('a worker that another contradicts is told with its gradients and its machine', () => {
  // When
  const lines = computedLines({
    worker: 'w1', address: '10.0.0.7:41001', gradients: 'abcd', fingerprint: { threads: '2', processor: 'Xeon' },
  }, messages);

  // Then
  assert.deepEqual(lines, ['w1 at 10.0.0.7:41001', 'gradients abcd', 'processor Xeon · threads 2']);
});

test('what a job healed from stands with the newest first', () => {
  // Given
  const healed = [10, 20].map(step => ({
    code: 'training.healedByRate',
    arguments: { step, problem: { code: 'training.rose', arguments: { from: 1, to: 2 } }, scale: '0.5' },
  }));

  // When
  const lines = healedLines({ healed }, messages);

  // Then
  assert.deepEqual(lines, [
    'step 20: from 1 to 2; learning rate times 0.5', 'step 10: from 1 to 2; learning rate times 0.5',
  ]);
});

test('metrics are called by their names, with the phase where several report them', () => {
  // When
  const names = ['loss', 'loss (train)', 'unnamed', 'unnamed (polish)'].map(metric => metricName(metric, messages));

  // Then
  assert.deepEqual(names, ['loss', 'loss (training)', 'unnamed', 'unnamed (polish)']);
});

test('metrics of a checkpoint stand in one line', () => {
  // When
  const line = metricsLine({ loss: 1.23456, steps: 10 }, messages);

  // Then
  assert.equal(line, 'loss 1.235 · steps 10');
});

test('what has finished is no bar, with however few steps', () => {
  // When
  const bars = ['finished', 'stopped', null].map(outcome => jobProgress({ phase: 'train', step: 3, totalSteps: 10, outcome }));

  // Then
  assert.deepEqual(bars, [null, { value: 3, max: 10 }, { value: 3, max: 10 }]);
});

test('a job that ended says how and when', () => {
  // Given
  const job = { run: 'r1', phase: null, etaSeconds: null, memory: null, attempts: 1, outcome: 'stopped', changed: '2026-01-02T03:04:05Z' };

  // When
  const [name, value] = jobFacts(job, messages).at(-1);

  // Then
  assert.equal(name, 'Ended');
  assert.equal(value.startsWith('stopped at Jan 2, 2026'), true);
});

test('a trigger says what it starts and what follows', () => {
  // Given
  const run = { code: 'trigger.run', arguments: { job: { code: 'verbatim', arguments: { text: 'train r2' } } } };
  const nothing = { code: 'trigger.nothing', arguments: { why: { code: 'verbatim', arguments: { text: 'no data' } } } };

  // When
  const lines = [['sft', run, 40], ['inference', run, null], ['sft', nothing, 40], ['sft', null, 40]]
    .map(([stage, reason, seconds]) => triggerLine(stage, reason, seconds, messages));

  // Then
  assert.deepEqual(lines, [
    `starts train r2 took ${messages.duration(40)} then rewards`, 'starts train r2', 'nothing: no data', '',
  ]);
});

test('records are shown with the lines that their JSON lacks', () => {
  // When
  const texts = ['{"a":1}', 'no JSON'].map(readable);

  // Then
  assert.deepEqual(texts, ['{\n  "a": 1\n}', 'no JSON']);
});

test('letters are replayed topic by topic, but those that were', () => {
  const letters = [
    { topic: 'rankings', replayed: false, replay: 'here' },
    { topic: 'rankings', replayed: true, replay: 'here' },
    { topic: 'prompts', replayed: false, replay: 'command' },
    { topic: 'token-batches', replayed: false, replay: 'nobody' },
    { topic: 'rankings', replayed: false, replay: 'here' },
  ];

  assert.deepEqual(replayableTopics(letters), [
    { topic: 'rankings', letters: 2, replay: 'here' },
    { topic: 'prompts', letters: 1, replay: 'command' },
  ]);
});

test('who can replay a letter is told with the command', () => {
  const letter = { topic: 'prompts', partition: 0, offset: 12, replayed: false, replay: 'command' };

  assert.equal(replayLine(letter, messages), 'replay prompts --at 0/12');
  assert.equal(replayLine({ ...letter, replayed: true }, messages), 'done');
});
