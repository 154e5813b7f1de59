import assert from 'node:assert/strict';
import { test } from 'node:test';
import { History, MOST_CHARACTERS, MOST_CHATS } from '../../main/resources/META-INF/resources/inference/history-model.js';

/** Like localStorage, with room for `most` characters. */
function storage(most = Infinity, items = {}) {
  return {
    items,
    getItem: key => items[key] ?? null,
    setItem: (key, value) => {
      if (value.length > most) {
        throw new Error('QuotaExceededError');
      }
      items[key] = value;
    },
    removeItem: key => {
      delete items[key];
    },
  };
}

const turns = (question, length = 1) => [{ question, chosen: 0, answers: [{ text: 'a'.repeat(length) }] }];
const ids = history => history.all().map(({ id }) => id);

test('a conversation is kept in place of what was kept of it, the newest first', () => {
  // Given
  const history = new History(storage(), 'chats');
  history.keep('one', turns('first'), '2026-01-01');
  history.keep('two', turns('second'), '2026-01-02');

  // When
  const kept = history.keep('one', turns('first, edited'), '2026-01-03');

  // Then
  assert.equal(kept, true);
  assert.deepEqual(history.all().map(({ id, title, changed }) => [id, title, changed]), [
    ['one', 'first, edited', '2026-01-03'], ['two', 'second', '2026-01-02'],
  ]);
  assert.equal(history.find('two').turns[0].question, 'second');
  assert.equal(history.find('three'), null);
});

test('of more than is kept the oldest go', () => {
  // Given
  const history = new History(storage(), 'chats');

  // When
  for (let index = 0; index <= MOST_CHATS; index++) {
    history.keep(`c${index}`, turns('q'), 'now');
  }

  // Then
  assert.equal(history.all().length, MOST_CHATS);
  assert.deepEqual([ids(history)[0], history.find('c0')], [`c${MOST_CHATS}`, null]);
});

test('of more characters than are kept the oldest go', () => {
  // Given
  const history = new History(storage(), 'chats');
  ['one', 'two'].forEach(id => history.keep(id, turns('q', MOST_CHARACTERS * 0.45), 'now'));

  // When
  const kept = history.keep('three', turns('q', MOST_CHARACTERS * 0.45), 'now');

  // Then
  assert.equal(kept, true);
  assert.deepEqual(ids(history), ['three', 'two']);
});

test('where the browser grants less, the oldest go', () => {
  // Given
  const history = new History(storage(500), 'chats');
  history.keep('one', turns('q', 300), 'now');

  // When
  const kept = history.keep('two', turns('q', 300), 'now');

  // Then
  assert.deepEqual([kept, ids(history)], [true, ['two']]);
});

test('what fits nowhere is not kept, and takes nothing away', () => {
  // Given
  const history = new History(storage(), 'chats');
  history.keep('one', turns('q'), 'now');

  // When
  const kept = history.keep('two', turns('q', MOST_CHARACTERS), 'now');

  // Then
  assert.deepEqual([kept, ids(history)], [false, ['one']]);
});

test('a conversation without a turn is none to keep', () => {
  // Given
  const history = new History(storage(), 'chats');

  // When
  const kept = history.keep('one', [], 'now');

  // Then
  assert.deepEqual([kept, ids(history)], [true, []]);
});

test('one conversation or all are deleted', () => {
  // Given
  const kept = storage();
  const history = new History(kept, 'chats');
  ['one', 'two', 'three'].forEach(id => history.keep(id, turns('q'), 'now'));

  // When
  history.remove('two');

  // Then
  assert.deepEqual(ids(history), ['three', 'one']);
  history.clear();
  assert.deepEqual(kept.items, {});
});

test('what is not ours below the key counts as nothing', () => {
  assert.deepEqual(['{', '5', 'null', '[{"id": 5}]', '[{"id": "x"}]'].map(value => ids(new History(storage(Infinity, { chats: value }), 'chats'))),
    [[], [], [], [], []]);
});

test('where nothing may be kept, that is said', () => {
  // Given
  const history = new History({ getItem: () => null, removeItem: () => undefined }, 'chats');

  // When
  const kept = history.keep('one', turns('q'), 'now');

  // Then
  assert.deepEqual([kept, history.all()], [false, []]);
});
