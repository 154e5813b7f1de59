import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Messages } from '../../../../libs/stage-runtime/src/main/resources/META-INF/resources/alignstream/messages.js';
import { heads, iterationPath, rows, summary } from '../../main/resources/META-INF/resources/rlhf/rollouts-model.js';

const messages = new Messages('en', {
  'rollouts.summary': '{answers} by {algorithm}, {score} by {reward}',
  'rollouts.summaryRescored': '{score}, again {rescored}',
  'rollouts.cut': '(cut)', 'rollouts.first': 'first',
});
const answer = {
  prompt: 'p', answer: 'a', score: 1, kl: 0.5, ended: true, before: 'b', beforeScore: -1, rescored: 2,
};

test('the path names run, iteration and, if wanted, another reward model', () => {
  // When
  const paths = [iterationPath('r', 3, ''), iterationPath('r', 3, 'a b')];

  // Then
  assert.deepEqual(paths, ['/rollouts/r/3', '/rollouts/r/3?reward=a%20b']);
});

test('the summary tells both means where the answers were scored again', () => {
  // Given
  const shown = { answers: 4, algorithm: 'ppo', meanScore: 1, meanRescored: null, reward: { sha256: 'abcdefabcdef12' } };

  // When
  const lines = [shown, { ...shown, meanRescored: 2 }].map(one => summary(one, messages));

  // Then
  assert.deepEqual(lines, ['4 by ppo, 1 by abcdefabcdef', '1, again 2']);
});

test('an answer that differs from the first one is marked, and one that was cut off says so', () => {
  // When
  const [changed, cut] = rows([answer, { ...answer, ended: false, before: null, beforeScore: null }], false, messages);

  // Then
  assert.deepEqual(changed.map(({ text }) => text), ['p', 'a', '1', '0.5', 'b', '-1']);
  assert.equal(changed[1].changed, true);
  assert.deepEqual(cut.map(({ text }) => text), ['p', 'a (cut)', '1', '0.5', 'first', '–']);
  assert.equal(cut[1].changed, false);
});

test('a column more where the answers were scored again', () => {
  // When
  const [row] = rows([answer], true, messages);

  // Then
  assert.equal(heads(true).length, row.length);
  assert.equal(row[3].text, '2');
});
