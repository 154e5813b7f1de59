import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  healedLines, jobFacts, metricName, metricsLine, ShownSeries, usableActions,
} from '../../main/resources/META-INF/resources/alignstream/dashboard-model.js';
import { Messages } from '../../main/resources/META-INF/resources/alignstream/messages.js';

const messages = new Messages('en', {
  'job.run': 'Run', 'job.phase': 'Phase', 'job.step': 'Step', 'job.eta': 'Time left', 'job.attempt': 'Attempt',
  'phase.train': 'training', 'metric.loss': 'loss', 'metric.bits (per byte)': 'bits',
  'job.memory': 'Memory', 'job.memoryOf': '{needed} GiB needed, {available} GiB available',
  'training.healedByRate': 'step {step}: {problem}; learning rate times {scale}', 'training.rose': 'from {from} to {to}',
});

test('only a paused stage can be resumed, only one that may run cancelled', () => {
  // When
  const usable = ['starting', 'waiting', 'running', 'paused', 'cancelled', 'failed', 'unreachable'].map(state =>
    Object.entries(usableActions(state, { code: 'stage.paused' })).filter(([, is]) => is).map(([action]) => action));

  // Then
  assert.deepEqual(usable, [
    [], ['trigger', 'pause', 'cancel'], ['trigger', 'pause', 'cancel'], ['trigger', 'resume'], ['trigger'],
    ['trigger', 'cancel'], [],
  ]);
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
      memory: { bytes: 1.5 * 2 ** 30, available: 3 * 2 ** 30 } }, messages);

  // Then
  assert.deepEqual(facts, [
    ['Run', 'r1'], ['Phase', 'training'], ['Step', '1,500 / 3,000'], ['Time left', '1 min 1 sec'],
    ['Memory', '1.5 GiB needed, 3 GiB available'], ['Attempt', '2'],
  ]);
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

test('charts change only where a new point came', () => {
  // Given
  const shown = new ShownSeries();
  shown.update({ run: 'a', loss: [[1, 5]], speed: [[1, 9]] });

  // When
  const { otherRun, changed } = shown.update({ run: 'a', loss: [[1, 5], [2, 4]], speed: [[1, 9]] });

  // Then
  assert.equal(otherRun, false);
  assert.deepEqual(changed.map(([metric]) => metric), ['loss']);
});

test('another run begins anew', () => {
  // Given
  const shown = new ShownSeries();
  shown.update({ run: 'a', loss: [[1, 5]] });

  // When
  const { otherRun, changed } = shown.update({ run: 'b', loss: [[1, 5]] });

  // Then
  assert.equal(otherRun, true);
  assert.deepEqual(changed, [['loss', [[1, 5]]]]);
});

test('what is forgotten is news again', () => {
  // Given
  const shown = new ShownSeries();
  shown.update({ run: 'a', loss: [[1, 5]] });
  shown.clear();

  // When
  const { otherRun, changed } = shown.update({ run: 'a', loss: [[1, 5]] });

  // Then
  assert.equal(otherRun, true);
  assert.equal(changed.length, 1);
});
