import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tokens, choices, decoded, doubt, probability, readable } from '../../main/resources/META-INF/resources/inference/tokens-model.js';

/** As the API writes a token. */
const token = (text, bytes, logprob = -1, top = []) => ({ token: text, bytes, logprob, top_logprobs: top });

const HI = token('Hi', [72, 105]);
// 成 is e6 88 90
const FIRST = token('\\xe6\\x88', [0xe6, 0x88]);
const SECOND = token('\\x90', [0x90]);

function tokens(...all) {
  const made = new Tokens();
  made.add(all);
  return made;
}

test('each piece of an answer has the token that it was drawn as', () => {
  // When
  const pieces = tokens(HI, token('!', [33])).pieces('Hi!');

  // Then
  assert.deepEqual(pieces.map(({ text, tokens: of }) => [text, of.length]), [['Hi', 1], ['!', 1]]);
});

test('tokens that only together make a character share a piece', () => {
  // When
  const pieces = tokens(HI, FIRST, SECOND).pieces('Hi成');

  // Then
  assert.deepEqual(pieces.map(({ text }) => text), ['Hi', '成']);
  assert.deepEqual(pieces[1].tokens, [FIRST, SECOND]);
});

test('tokens behind the end of the answer, as of a stop text, are left out', () => {
  // When
  const pieces = tokens(HI, token(' STOP', [32, 83, 84, 79, 80])).pieces('Hi');

  // Then
  assert.deepEqual(pieces.map(({ text }) => text), ['Hi']);
});

test('text without a token that says it has none', () => {
  // When
  const pieces = tokens(HI, FIRST).pieces('Hi there');

  // Then
  assert.deepEqual(pieces.map(({ text, tokens: of }) => [text, of.length]), [['Hi', 1], [' there', 0]]);
});

test('control tokens, which have no text, take no place', () => {
  // When
  const pieces = tokens(HI, token('', [])).pieces('Hi');

  // Then
  assert.equal(pieces.length, 1);
});

test('tokens whose bytes are not told count as what they say', () => {
  // When
  const pieces = tokens(token('Hi', null), token('!', null)).pieces('Hi!');

  // Then
  assert.deepEqual(pieces.map(({ text }) => text), ['Hi', '!']);
});

test('the drawn token stands first, then what else might have been drawn', () => {
  // Given
  const drawn = token(' a', [32, 97], Math.log(0.25), [
    token('b', [98], Math.log(0.125)), token(' a', [32, 97], Math.log(0.25)), token('\n', [10], Math.log(0.5)),
  ]);

  // When
  const shown = choices(drawn);

  // Then
  assert.deepEqual(shown.map(({ name }) => name), ['␣a', '↵', 'b']);
  assert.deepEqual(shown.map(({ share }) => share.toFixed(3)), ['0.250', '0.500', '0.125']);
  assert.deepEqual(shown.map(({ drawn: is }) => is), [true, false, false]);
});

test('a token without alternatives is shown alone', () => {
  assert.equal(choices({ token: 'a', bytes: [97], logprob: 0 }).length, 1);
});

test('bytes that are no character stand as numbers', () => {
  assert.equal(readable(FIRST), 'E6 88');
  assert.equal(readable(token('\t', [9])), '⇥');
});

test('bytes are UTF-8 or nothing', () => {
  assert.deepEqual([[0xe6, 0x88, 0x90], [0xe6, 0x88], [0x90], []].map(decoded), ['成', null, null, '']);
});

test('what is next to impossible has a probability of 0, what is certain of 1', () => {
  assert.deepEqual([probability(-9999), probability(0), probability(1e-9)], [0, 1, 1]);
});

test('the less probable, the greater the doubt', () => {
  assert.deepEqual([1, 0.9, 0.6, 0.2, 0.01].map(doubt), [0, 0, 1, 2, 3]);
});
