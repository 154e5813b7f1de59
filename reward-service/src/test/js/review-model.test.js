import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agreementLines, annotatorRows, placed, tagRows } from '../../main/resources/META-INF/resources/reward/review-model.js';

const messages = { figure: String, whole: String, share: value => `${value * 100}%`, name: (family, id) => `${family}.${id}` };

test('the ceiling stands beside what the model reaches', () => {
  // Given
  const review = {
    agreement: { requests: 3, alpha: 0.5, concordance: 0.75, concordanceByChance: 0.5, pairs: 0.75 },
    interval: { low: 0.25, high: 0.75 },
    accuracy: 0.5,
    abstentions: { language: 2 },
  };

  // When
  const lines = agreementLines(review, messages);

  // Then
  assert.deepEqual(lines, [
    { code: 'review.shared', arguments: { requests: 3 } },
    { code: 'review.alphaInterval', arguments: { alpha: '0.5', low: '0.25', high: '0.75' } },
    { code: 'review.concordance', arguments: { concordance: '0.75', chance: '0.5' } },
    { code: 'review.accuracy', arguments: { accuracy: '50%' } },
    { code: 'review.ceiling', arguments: { pairs: '75%' } },
    { code: 'panel.reward.abstentions', arguments: { cause: 'abstention.language', times: 2 } },
  ]);
});

test('without a model and an interval it says so', () => {
  // When
  const lines = agreementLines(
    { agreement: { requests: 0, alpha: null, concordance: null, concordanceByChance: null, pairs: null }, interval: null, accuracy: null, abstentions: {} }, messages);

  // Then
  assert.deepEqual(lines.map(({ code }) => code),
    ['review.shared', 'review.alpha', 'review.concordance', 'review.noAccuracy']);
});

test('who is least accurate on gold comes first, who has none last', () => {
  // When
  const rows = annotatorRows([
    { name: 'none', shared: 1, agreement: null, gold: 0, accuracy: null },
    { name: 'good', shared: 2, agreement: 1, gold: 4, accuracy: 1 },
    { name: 'bad', shared: 2, agreement: 0.5, gold: 4, accuracy: 0.25 },
  ], messages);

  // Then
  assert.deepEqual(rows, [
    ['bad', '2', '50%', '4', '25%'],
    ['good', '2', '100%', '4', '100%'],
    ['none', '1', '–', '0', '–'],
  ]);
});

test('a tag without an interval has none', () => {
  // When
  const rows = tagRows([{ tag: 'city=x', agreement: { requests: 2, alpha: null }, interval: null }], messages);

  // Then
  assert.deepEqual(rows, [['city=x', '2', '–', '–']]);
});

test('tied answers share their place', () => {
  // When
  const answers = placed({ order: [[2], [0, 1]], scores: [1, 1, 5], reasons: ['', 'vague', ''] }, ['a', 'b', 'c']);

  // Then
  assert.deepEqual(answers, [
    { place: 1, text: 'c', score: 5, reason: '' },
    { place: 2, text: 'a', score: 1, reason: '' },
    { place: 2, text: 'b', score: 1, reason: 'vague' },
  ]);
});
