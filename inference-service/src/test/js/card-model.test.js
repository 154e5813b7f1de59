import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cell, chosen, listed, numeric, reliability } from '../../main/resources/META-INF/resources/inference/card-model.js';
import { Messages } from '../../../../libs/stage-runtime/src/main/resources/META-INF/resources/alignstream/messages.js';

const messages = new Messages('en', {
  'metric.winRate': 'win rate', 'verdict.approved': 'approved', 'card.atMost': '{records} at most',
});

test('a release is listed by its run and the verdict on it', () => {
  assert.deepEqual(listed({ run: 'r1', model: 'alignstream', verdict: 'approved' }, messages),
    { run: 'r1', text: 'r1 · alignstream · approved' });
});

test('the address chooses a card, else the newest release does', () => {
  // Given
  const releases = [{ run: 'newest' }, { run: 'older' }];

  // When
  const runs = ['older', null, 'unknown'].map(wanted => chosen(wanted, releases));

  // Then: what is not there is asked for all the same, and the service says that it is not
  assert.deepEqual(runs, ['older', 'newest', 'unknown']);
  assert.equal(chosen(null, []), null);
});

test('a cell says what it holds', () => {
  // When
  const shown = [
    { text: 'a < b' }, { number: 0.25 }, { share: 0.125 }, { figure: 'winRate' },
    { said: { code: 'card.atMost', arguments: { records: 7 } } },
  ].map(each => cell(each, messages));

  // Then
  assert.deepEqual(shown, ['a < b', '0.25', '12.5%', 'win rate', '7 at most']);
});

test('a column is one of numbers if all of its cells are', () => {
  // Given
  const table = { head: ['a', 'b', 'c'], rows: [[{ text: 'x' }, { number: 1 }, { share: 0.5 }], [{ number: 2 }, { number: 3 }, { share: 1 }]] };

  // When
  const columns = numeric(table);

  // Then
  assert.deepEqual(columns, [false, true, true]);
  assert.deepEqual(numeric({ head: ['a'], rows: [] }), [false]);
});

test('bars are as high as answers are right', () => {
  assert.deepEqual(reliability([{ from: 0.5, to: 0.6, accuracy: 0.25, confidence: 0.5, answers: 8 }], 100)
    .map(({ x, height, expected, answers }) => ({ x, height, expected, answers })),
  [{ x: 50, height: 25, expected: 50, answers: 8 }]);
});
