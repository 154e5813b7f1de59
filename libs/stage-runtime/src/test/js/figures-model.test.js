import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shownValue, valueAt } from '../../main/resources/META-INF/resources/alignstream/figures-model.js';
import { Messages } from '../../main/resources/META-INF/resources/alignstream/messages.js';

const messages = new Messages('en', { 'verdict.approved': 'may be served', 'gate.kl': 'KL {value}' });

test('a path leads through objects and ends where there is none', () => {
  // Given
  const figures = { model: { metrics: { loss: 2 } }, other: null };

  // When
  const values = ['model.metrics.loss', 'model.absent.loss', 'other.loss'].map(path => valueAt(figures, path));

  // Then
  assert.deepEqual(values, [2, undefined, undefined]);
});

test('values are shown by their kind', () => {
  // When
  const shown = [
    [null], ['r1'], [1234.5678], ['approved', 'verdict'], ['unknown', 'verdict'],
    [{ code: 'gate.kl', arguments: { value: 0.5 } }],
  ].map(([value, family]) => shownValue(value, family, messages));

  // Then
  assert.deepEqual(shown, ['–', 'r1', '1235', 'may be served', 'unknown', 'KL 0.5']);
});
