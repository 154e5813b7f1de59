import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Messages } from '../../../../libs/stage-runtime/src/main/resources/META-INF/resources/alignstream/messages.js';
import {
  best, candidateRows, distribution, draw, filled, guessing, lines, probabilityText, shownToken, terms,
} from '../../main/resources/META-INF/resources/inference/explorer/probability-model.js';

const HALVES = {
  choices: [
    { id: 7, text: 'a', logProbability: Math.log(0.5) },
    { id: 3, text: 'b', logProbability: Math.log(0.25) },
  ],
  others: [{ logProbability: Math.log(0.125), tokens: 2 }],
};
const near = (one, other) => Math.abs(one - other) < 1e-9;

test('candidates stand together with the figures of each version, as the newest one orders them', () => {
  // When
  const rows = candidateRows({
    base: [{ candidate: 'x', share: 0.9, logProbability: -1 }, { candidate: 'y', share: 0.1, logProbability: -3 }],
    aligned: [{ candidate: 'x', share: 0.2, logProbability: -2 }, { candidate: 'y', share: 0.8, logProbability: -1 }],
  });

  // Then
  assert.deepEqual(rows.map(({ candidate }) => candidate), ['y', 'x']);
  assert.equal(rows[0].figures.base.share, 0.1);
  assert.equal(rows[0].figures.aligned.logProbability, -1);
  assert.equal(rows[0].figures.sft, undefined);
});

test('lines are what is in them, each once', () => {
  // When, Then
  assert.deepEqual(lines(' one\n\n two \none\n'), ['one', 'two']);
});

test('a text is filled with the most probable token of each blank, which brings its own space', () => {
  // Given
  const answer = {
    pieces: ['The ', ' leaves ', ''],
    blanks: [
      { both: [{ text: ' train' }, { text: ' bus' }], left: [{ text: ' end' }] },
      { both: [{ text: ' soon' }], left: [{ text: '.' }] },
    ],
  };

  // When, Then
  assert.equal(filled(answer, 'both').map(({ text }) => text).join(''), 'The train leaves soon');
  assert.deepEqual(filled(answer, 'left').filter(({ blank }) => blank).map(({ text }) => text), [' end', '.']);
  assert.equal(shownToken(' a\n'), '␣a⏎');
});

test('a probability is a percentage or, where it is tiny, a power of ten', () => {
  // Given
  const messages = new Messages('en', {});

  // When, Then
  assert.equal(probabilityText(Math.log(0.125), messages), '12.5%');
  assert.equal(probabilityText(Math.log(4.5e-17), messages), '4.5·10⁻¹⁷');
});

test('at temperature 1 the probabilities are the model\'s own', () => {
  // When
  const sides = distribution(HALVES, 1, 1);

  // Then
  assert.equal(near(sides.choices[0].probability, 0.5), true);
  assert.equal(near(sides.choices[1].probability, 0.25), true);
  assert.equal(near(sides.others.probability, 0.25), true);
  assert.equal(sides.others.kept, 2);
});

test('temperature makes sides alike or unlike, and 0 leaves one', () => {
  // When
  const hot = distribution(HALVES, 2, 1);
  const cold = distribution(HALVES, 0, 1);

  // Then: square roots of 4, 2, 1, 1
  assert.equal(near(hot.choices[0].probability, 2 / (2 + Math.SQRT2 + 2)), true);
  assert.equal(cold.choices[0].probability, 1);
  assert.equal(cold.others.probability, 0);
  assert.equal(draw(cold, 0.999), 0);
});

test('top-p leaves the fewest tokens that reach it, the first one always', () => {
  // When
  const most = distribution(HALVES, 1, 0.8);
  const one = distribution(HALVES, 1, 0.05);

  // Then: 0.5 + 0.25 + one of the eighths
  assert.deepEqual(most.choices.map(({ kept }) => kept), [true, true]);
  assert.equal(most.others.kept, 1);
  assert.equal(near(most.choices[0].probability, 0.5 / 0.875), true);
  assert.deepEqual(one.choices.map(({ kept }) => kept), [true, false]);
  assert.equal(one.choices[0].probability, 1);
});

test('a number draws the token in whose part it falls, also among those that are not told one by one', () => {
  // Given
  const sides = distribution(HALVES, 1, 1);

  // When
  const ranks = [0, 0.49, 0.51, 0.74, 0.76, 0.87, 0.88, 0.999].map(uniform => draw(sides, uniform));

  // Then
  assert.deepEqual(ranks, [0, 0, 1, 1, 2, 2, 3, 3]);
});

test('a sum is read with any dash, and a hyphen inside a word belongs to it', () => {
  // When, Then
  assert.deepEqual(terms('king − man + woman'), { plus: ['king', 'woman'], minus: ['man'] });
  assert.deepEqual(terms('成都−四川＋陕西'), { plus: ['成都', '陕西'], minus: ['四川'] });
  assert.deepEqual(terms('well-known - known'), { plus: ['well-known'], minus: ['known'] });
  assert.deepEqual(terms('-man'), { plus: [], minus: ['man'] });
});

test('the best of many that guess is right more often than one', () => {
  // When, Then: of 2 sentences one head is right in both with 1/4, which is more than 1 in 20
  assert.equal(guessing(2, 1), 2);
  assert.equal(guessing(26, 1), 17);
  assert.equal(guessing(26, 16), 20);
});

test('the best head is the one that is right most often', () => {
  // When, Then
  assert.deepEqual(best([[3, 5], [9, 1]]), { layer: 1, head: 0, right: 9 });
});
