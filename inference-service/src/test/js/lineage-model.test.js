import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrows, groups, ranges, responseId } from '../../main/resources/META-INF/resources/inference/lineage-model.js';

const CHAIN = [
  { sha256: 'aligned', parents: { reward: 'reward', sft: 'sft', tokenizer: 'tokenizer' } },
  { sha256: 'reward', parents: { sft: 'sft' } },
  { sha256: 'sft', parents: { base: 'base' } },
  { sha256: 'base', parents: { tokenizer: 'tokenizer' } },
  { sha256: 'tokenizer', parents: {} },
];

test('what was made from the next row points straight down, what comes from further away goes around', () => {
  // When
  const drawn = arrows(CHAIN);

  // Then
  assert.deepEqual(drawn.filter(({ lane }) => lane === 0).map(({ from, to }) => [from, to]),
    [[0, 1], [1, 2], [2, 3], [3, 4], [4, 5]]);
  assert.deepEqual(drawn.filter(({ lane }) => lane > 0), [{ from: 1, to: 3, lane: 1 }, { from: 1, to: 5, lane: 2 }]);
});

test('arrows that do not overlap share a lane', () => {
  // Given
  const models = [
    { sha256: 'a', parents: { x: 'c' } }, { sha256: 'b', parents: {} },
    { sha256: 'c', parents: { x: 'e' } }, { sha256: 'd', parents: {} }, { sha256: 'e', parents: {} },
  ];

  // When
  const lanes = arrows(models).filter(({ from, to }) => to - from > 1).map(({ lane }) => lane);

  // Then
  assert.deepEqual(lanes, [1, 1]);
});

test('a parent that is not in the lineage has no arrow', () => {
  // When
  const drawn = arrows([{ sha256: 'a', parents: { sft: 'gone' } }]);

  // Then
  assert.deepEqual(drawn, [{ from: 0, to: 1, lane: 0 }]);
});

test('a range names the partitions that hold something', () => {
  // When
  const text = ranges([{ partition: 0, begin: 0, end: 12 }, { partition: 1, begin: 5, end: 5 }]);

  // Then
  assert.equal(text, '0:0–12');
});

test('a dataset that was not counted has no groups', () => {
  // When
  const shown = [
    groups(null),
    groups({ by: { annotator: { largest: { ann: 3, bob: 1 }, others: 2 }, guideline: { largest: {}, others: 0 } } }),
  ];

  // Then
  assert.deepEqual(shown, [[], [{ label: 'annotator', values: [['ann', 3], ['bob', 1]], others: 2 }]]);
});

test('an id is found in what was pasted', () => {
  // When
  const found = [' chatcmpl-1 ', 'http://host/v1/lineage/chatcmpl-1', 'lineage?response=chatcmpl-1'].map(responseId);

  // Then
  assert.deepEqual(found, ['chatcmpl-1', 'chatcmpl-1', 'chatcmpl-1']);
});
