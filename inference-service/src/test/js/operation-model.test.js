import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Messages } from '../../../../libs/stage-runtime/src/main/resources/META-INF/resources/alignstream/messages.js';
import { fullness, histograms, versionRow } from '../../main/resources/META-INF/resources/inference/operation-model.js';

const messages = new Messages('en', {
  'operation.ms': '{ms} ms', 'operation.s': '{s} s', 'operation.of': '{value} of {most}', 'operation.ofText': '{value} of {most}',
  'operation.gib': '{gib} GiB', 'operation.mib': '{mib} MiB', 'operation.times.none': 'none', 'operation.times.summary': '{p50}, {p99} ({count})',
  'operation.times.bar': '{seconds}: {count}', 'operation.then': 'then {next}', 'operation.thenNothing': 'then nothing',
  'operation.cache': '{share} in use', 'operation.notLoaded': 'not loaded', 'operation.role.stable': 'stable',
});

test('a distribution is drawn up to its highest bar, and half and 99 of 100 are marked', () => {
  const some = { count: 5, p50: 0.01, p99: 2, bins: [{ seconds: 0.01, count: 4 }, { seconds: 2, count: 1 }] };
  const none = { count: 0, p50: null, p99: null, bins: [] };

  const [waiting, first] = histograms({ waiting: none, firstToken: some, betweenTokens: none }, messages);

  assert.deepEqual([waiting.summary, waiting.bars], ['none', []]);
  assert.equal(first.summary, '10 ms, 2 s (5)');
  assert.deepEqual(first.bars.map(({ height, mark }) => [height, mark]), [[1, 'p50'], [0.25, 'p99']]);
  assert.deepEqual([first.from, first.to], ['10 ms', '2 s']);
});

test('what is how full', () => {
  const full = fullness({
    queue: { waiting: 16, mostWaiting: 64, writing: 4, mostWriting: 16 }, memory: { models: 2 ** 30, available: 4 * 2 ** 30 },
  }, messages);

  assert.deepEqual(full.map(({ value, share }) => [value, share]), [['16 of 64', 0.25], ['4 of 16', 0.25], ['1 GiB of 4 GiB', 0.25]]);
});

test('a version says what is served if it is rolled back', () => {
  const version = { run: 'r', sha256: 'a', role: 'stable', loadedAt: null, bytes: 0, cache: 0, figures: {}, next: '0123456789abcdef' };

  assert.equal(versionRow(version, messages).then, 'then 0123456789ab');
  assert.equal(versionRow({ ...version, next: '' }, messages).then, 'then nothing');
  assert.equal(versionRow({ ...version, next: null }, messages).canRollBack, false);
  assert.deepEqual(versionRow(version, messages).memory, ['not loaded']);
});
