import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences } from '../../main/resources/META-INF/resources/reward/difference-model.js';

test('what the other text does not have is new', () => {
  // When
  const parts = differences('The tower is old.', 'The old tower is very old.');

  // Then
  assert.deepEqual(parts, [
    { text: 'The ', isNew: false },
    { text: 'old ', isNew: true },
    { text: 'tower is ', isNew: false },
    { text: 'very ', isNew: true },
    { text: 'old.', isNew: false },
  ]);
});

test('Chinese is compared by character', () => {
  // When
  const parts = differences('成都在四川', '成都市在四川');

  // Then
  assert.deepEqual(parts.filter(({ isNew }) => isNew).map(({ text }) => text), ['市']);
});

test('the parts are the text, and equal texts have no difference', () => {
  // Given
  const text = 'a  b\n\nc, d';

  // When
  const parts = differences(text, text);

  // Then
  assert.deepEqual(parts, [{ text, isNew: false }]);
});

test('texts that are too long or have little in common are not compared', () => {
  // When
  const [long, other] = [differences('a', 'a '.repeat(2000)), differences('a short one', 'a wholly other answer')];

  // Then
  assert.deepEqual(long, []);
  assert.deepEqual(other, []);
});
