import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Messages } from '../../main/resources/META-INF/resources/alignstream/messages.js';

const english = new Messages('en', {
  and: '{first}; {next}',
  'sft.noBase': 'waiting for a base model',
  'sft.tooFew': 'a run needs {needed}, there are {there}',
  'languages.unknown': 'unknown',
  'phase.train': 'train',
});

test('arguments stand as the language writes them', () => {
  // When
  const text = english.text('sft.tooFew', { needed: 12000, there: 0.12345 });

  // Then
  assert.equal(text, 'a run needs 12,000, there are 0.123');
});

test('a reason inside another is rendered, too', () => {
  // Given
  const reason = { code: 'and', arguments: { first: { code: 'sft.noBase', arguments: {} }, next: 'later' } };

  // When
  const text = english.said(reason);

  // Then
  assert.equal(text, 'waiting for a base model; later');
});

test('a text that looks like a placeholder stays what it is', () => {
  // When
  const text = english.text('and', { first: '{next}', next: '$1' });

  // Then
  assert.equal(text, '{next}; $1');
});

test('an unknown code is shown with its arguments', () => {
  // When
  const shown = [english.text('newer.code'), english.text('newer.code', { steps: 3 }), english.text('toString')];

  // Then
  assert.deepEqual(shown, ['newer.code', 'newer.code {"steps":3}', 'toString']);
});

test('ids without a name are shown themselves', () => {
  // When
  const names = [english.name('phase', 'train'), english.name('phase', 'polish')];

  // Then
  assert.deepEqual(names, ['train', 'polish']);
});

test('figures have about four significant digits', () => {
  // When
  const figures = [0, 3, 1234567, 12345.6, 2.345678, 0.5, 0.00012345, -7.00004].map(value => english.figure(value));

  // Then
  assert.deepEqual(figures, ['0', '3', '1,234,567', '12,346', '2.346', '0.5', '1.23e-4', '-7']);
});

test('durations name the two largest units', () => {
  // When
  const durations = [12, 75, 3600, 7384].map(seconds => english.duration(seconds));

  // Then
  assert.deepEqual(durations, ['12 sec', '1 min 15 sec', '1 hr 0 min', '2 hr 3 min']);
});

test('languages have names, unknown ones their code', () => {
  // When
  const names = ['zh', 'und', 'no such code'].map(code => english.languageName(code));

  // Then
  assert.deepEqual(names, ['Chinese', 'unknown', 'no such code']);
});
