import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Messages } from '../../../../libs/stage-runtime/src/main/resources/META-INF/resources/alignstream/messages.js';
import {
  Derivation, others, tokenTitle, visible, VocabularySearch,
} from '../../main/resources/META-INF/resources/tokenizer/vocabulary-model.js';

const messages = new Messages('en', {
  'vocabulary.beforeMerges': 'before', 'vocabulary.merge': '{step}/{steps}: {left} + {right} → {made} ({order})',
  'vocabulary.figures': '{characters} characters, {tokens} tokens, {bytes} bytes', 'kind.BYTE': 'bytes',
  'vocabulary.occurrences': '{occurrences} times', 'vocabulary.otherTokenizer': '{name} {sha256} {tokens}',
});

// "low lo": l o w, ␣ l o; merges l+o (twice), then lo+w.
const names = { 1: { text: 'l' }, 2: { text: 'o' }, 3: { text: 'w' }, 4: { text: ' ' }, 5: { text: 'lo' }, 6: { text: 'low' } };
const derived = () => new Derivation({
  names,
  symbols: [1, 2, 3, 4, 1, 2],
  pieces: [0, 3],
  steps: [{ position: 0, id: 5, order: 7 }, { position: 3, id: 5, order: 7 }, { position: 0, id: 6, order: 9 }],
}, 'low lo');

test('merges replace two tokens by one and keep where pieces open', () => {
  // When
  const tokens = [0, 1, 3].map(count => derived().tokensAt(count));

  // Then
  assert.deepEqual(tokens.map(list => list.map(({ id }) => id)), [[1, 2, 3, 4, 1, 2], [5, 3, 4, 1, 2], [6, 4, 5]]);
  assert.deepEqual(tokens[2].map(({ opens }) => opens), [true, true, false]);
});

test('a step names what it put together', () => {
  // When
  const texts = [0, 3].map(count => derived().stepText(count, messages));

  // Then
  assert.deepEqual(texts, ['before', '3/3: lo + w → low (9)']);
});

test('the newest token has a place', () => {
  // When
  const places = [0, 2].map(count => derived().madeAt(count));

  // Then
  assert.deepEqual(places, [-1, 3]);
});

test('figures count characters, tokens and bytes', () => {
  // Given
  const chinese = new Derivation({ names: {}, symbols: [1, 2, 3], pieces: [0], steps: [] }, '今天🙂');

  // When
  const text = chinese.figuresText(0, messages);

  // Then
  assert.equal(text, '3 characters, 3 tokens, 3.33 bytes');
});

test('an empty text has no figures', () => {
  // When
  const text = new Derivation({ names: {}, symbols: [], pieces: [], steps: [] }, '').figuresText(0, messages);

  // Then
  assert.equal(text, '');
});

test('blanks can be seen', () => {
  // When
  const texts = [' a', 'a\nb', '\t', ''].map(visible);

  // Then
  assert.deepEqual(texts, ['␣a', 'a⏎b', '⇥', '∅']);
});

test('only tokens of a special kind name it', () => {
  // When
  const titles = [
    tokenTitle(7, { kind: 'BYTE', bytes: 1, frequency: null }, messages),
    tokenTitle(8, { kind: 'TEXT', bytes: 6, frequency: 1200 }, messages),
  ];

  // Then
  assert.deepEqual(titles, ['7 · bytes · 1 B', '8 · 6 B · 1,200 times']);
});

test('the one in use is compared with the others', () => {
  // When
  const found = others([
    { name: 'demo', sha256: 'aabbccddeeff00', vocabularySize: 512, inUse: false }, { name: 'demo', sha256: 'b', vocabularySize: 9, inUse: true },
  ], messages);

  // Then
  assert.deepEqual(found, [{ sha256: 'aabbccddeeff00', label: 'demo aabbccddeeff 512' }]);
});
