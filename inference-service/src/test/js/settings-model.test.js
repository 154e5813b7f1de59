import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULTS, fields, picked, refusesProbabilities, settingsOf, typed, versions } from '../../main/resources/META-INF/resources/inference/settings-model.js';

test('what was kept is what holds; what cannot be is the default', () => {
  // When
  const settings = settingsOf('{"temperature":1.5,"top_p":7,"max_tokens":2.5,"seed":-3,"system":"Be brief.","pairs":1,"other":2}');

  // Then
  assert.deepEqual(settings, { ...DEFAULTS, temperature: 1.5, seed: -3, system: 'Be brief.' });
});

test('nothing kept, or nothing that can be read, is the defaults', () => {
  assert.deepEqual([null, '', '{', 'null', '5'].map(settingsOf), [1, 2, 3, 4, 5].map(() => ({ ...DEFAULTS })));
});

test('what is typed holds if it can be', () => {
  // When
  const results = [['temperature', '2'], ['temperature', '2.1'], ['temperature', 'x'], ['top_p', '-0.1'], ['max_tokens', '1.5'],
    ['max_tokens', '0'], ['seed', '12'], ['system', ''], ['probabilities', true]]
    .map(([name, text]) => typed(DEFAULTS, name, text)?.[name] ?? null);

  // Then
  assert.deepEqual(results, [2, null, null, null, null, null, 12, '', true]);
});

test('nothing typed is the default', () => {
  // Given
  const settings = { ...DEFAULTS, temperature: 2, max_tokens: 5 };

  // When
  const [temperature, longest] = ['temperature', 'max_tokens'].map(name => typed(settings, name, ' ')[name]);

  // Then
  assert.deepEqual([temperature, longest], [0.7, null]);
});

test('only what is set is sent, probabilities only where they are asked for', () => {
  // When
  const plain = fields(DEFAULTS);
  const all = fields({ ...DEFAULTS, max_tokens: 5, seed: 1, probabilities: true });

  // Then
  assert.deepEqual(plain, { temperature: 0.7, top_p: 1 });
  assert.deepEqual(all, { temperature: 0.7, top_p: 1, max_tokens: 5, seed: 1, logprobs: true, top_logprobs: 5 });
});

test('a refusal of probabilities is told from others', () => {
  // Given
  const refusal = (status, parameter) => ({ status, reason: { code: 'api.unsupported', arguments: { parameter } } });

  // When
  const told = [refusal(400, 'logprobs'), refusal(400, 'top_logprobs'), refusal(400, 'seed'), refusal(503, 'logprobs'),
    { status: 400, reason: { code: 'x' } }, { status: 0, reason: undefined }].map(refusesProbabilities);

  // Then
  assert.deepEqual(told, [true, true, false, false, false, false]);
});

test('whatever models the service lists may be picked', () => {
  // Given
  const list = { data: [{ id: 'm', sha256: 'ab'.repeat(32), run: 'r', created: 5 }, { id: 'candidate' }] };

  // When
  const models = versions(list);

  // Then
  assert.deepEqual(models.map(({ label }) => label), ['m · abababababab', 'candidate']);
  assert.deepEqual([picked(models, 'candidate'), picked(models, 'gone'), picked([], 'm')], ['candidate', 'm', null]);
  assert.deepEqual(versions(null), []);
});

test('sources are asked for where that is switched on', () => {
  assert.deepEqual([false, true].map(retrieval => fields({ ...DEFAULTS, retrieval }).retrieval), [undefined, true]);
});
