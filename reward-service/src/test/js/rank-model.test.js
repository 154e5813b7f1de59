import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ranking } from '../../main/resources/META-INF/resources/reward/rank-model.js';

const question = { requestId: 'q1', answers: ['a', 'b', 'c'] };

test('an answer moves to where another one stands', () => {
  // Given
  const ranking = new Ranking(question);

  // When
  ranking.move(2, 0);

  // Then
  assert.deepEqual(ranking.order(), [2, 0, 1]);
  assert.deepEqual(ranking.places, [2, 3, 1]);
});

test('moving dissolves ties', () => {
  // Given
  const ranking = new Ranking(question);
  ranking.place(1, 1);

  // When
  ranking.moveBy(1, -1);

  // Then
  assert.deepEqual(ranking.places, [2, 1, 3]);
});

test('an answer on top stays there', () => {
  // Given
  const ranking = new Ranking(question);

  // When
  ranking.moveBy(0, -1);

  // Then
  assert.deepEqual(ranking.order(), [0, 1, 2]);
});

test('there is no place behind the last one', () => {
  // Given
  const ranking = new Ranking(question);

  // When
  ranking.place(0, 9);

  // Then
  assert.deepEqual(ranking.places, [3, 2, 3]);
});

test('equal places are sent as one group, best first', () => {
  // Given
  const ranking = new Ranking(question);
  ranking.place(0, 3);

  // When
  const judgement = ranking.judgement('ann');

  // Then
  assert.deepEqual(judgement, { requestId: 'q1', annotator: 'ann', order: [[1], [0, 2]], scores: [], reasons: [] });
});

test('scores are sent when all answers have one, reasons when any has', () => {
  // Given
  const ranking = new Ranking(question);
  ranking.notes.forEach((note, index) => { note.score = String(index); });
  ranking.notes[1].reason = 'vague';

  // When
  const { scores, reasons } = ranking.judgement('ann');

  // Then
  assert.deepEqual(scores, [0, 1, 2]);
  assert.deepEqual(reasons, ['', 'vague', '']);
});

test('a ranking with some scores is half scored', () => {
  // Given
  const ranking = new Ranking(question);

  // When
  const before = ranking.isHalfScored();
  ranking.notes[0].score = '0';

  // Then
  assert.equal(before, false);
  assert.equal(ranking.isHalfScored(), true);
});
