import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Messages } from '../../../../libs/stage-runtime/src/main/resources/META-INF/resources/alignstream/messages.js';
import {
  faultShown, languageRows, outcomeRows, rulesByEffect, shortId, Throughput, throughputFacts,
} from '../../main/resources/META-INF/resources/tokenizer/documents-model.js';

const messages = new Messages('en', {
  'fault.language': '{language} with confidence {confidence}', 'fault.words': 'words {value} {relation} {bound}',
});

test('outcomes without documents are left out, but for the most important ones', () => {
  // Given
  const outcomes = [
    { outcome: 'kept', documents: 3 }, { outcome: 'empty', documents: 0 }, { outcome: 'language', documents: 1 },
    { outcome: 'poison', documents: 0 },
  ];

  // When
  const rows = outcomeRows(outcomes);

  // Then
  assert.deepEqual(rows.map(({ outcome, share }) => [outcome, share]), [['kept', 0.75], ['language', 0.25], ['poison', 0]]);
});

test('without documents there are no shares', () => {
  // When
  const [row] = outcomeRows([{ outcome: 'kept', documents: 0 }]);

  // Then
  assert.equal(row.share, 0);
});

test('languages share the kept documents', () => {
  // When
  const rows = languageRows([{ language: 'zh', documents: 3 }, { language: 'en', documents: 1 }]);

  // Then
  assert.deepEqual(rows.map(({ share }) => share), [0.75, 0.25]);
});

test('rules that did nothing are told apart', () => {
  // When
  const { busy, idle } = rulesByEffect([{ rule: 'language', documents: 2 }, { rule: 'empty', documents: 0 }]);

  // Then
  assert.deepEqual(busy.map(({ rule }) => rule), ['language']);
  assert.deepEqual(idle, ['empty']);
});

test('long ids are cut', () => {
  // When
  const ids = ['short', 'x'.repeat(17)].map(shortId);

  // Then
  assert.deepEqual(ids, ['short', `${'x'.repeat(16)}…`]);
});

test('a fault names the language, not its code', () => {
  // Given
  const faults = [
    { code: 'fault.language', arguments: { language: 'fr', confidence: 0.5 } },
    { code: 'fault.words', arguments: { value: 12, relation: '<', bound: 50 } },
  ];

  // When
  const texts = faults.map(fault => faultShown(fault, messages));

  // Then
  assert.deepEqual(texts, ['French with confidence 0.5', 'words 12 < 50']);
});

test('the rate is that of the last ten seconds', () => {
  // Given
  const throughput = new Throughput();
  throughput.observe(0, 0, 0);
  throughput.observe(2_000, 1_000, 5_000);

  // When
  throughput.observe(12_000, 1_500, 6_000);

  // Then
  assert.equal(throughput.rate('documents'), 50);
  assert.equal(throughput.rate('bytes'), 100);
});

test('the first look knows no rate and no share', () => {
  // Given
  const throughput = new Throughput();
  throughput.observe(0, 0, 0);

  // When
  const facts = throughputFacts({ profile: 'web', bytes: 0, outcomes: [] }, throughput, messages);

  // Then
  assert.deepEqual(facts.map(([, value]) => value), ['web', '0', '–', '0.0', '0', '0.00']);
});
