import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Messages } from '../../../../libs/stage-runtime/src/main/resources/META-INF/resources/alignstream/messages.js';
import {
  decisionPath, isPaused, newest, picture, situation,
} from '../../main/resources/META-INF/resources/rlhf/guard-model.js';

const messages = new Messages('en', {
  'guard.none': 'nothing yet', 'guard.watching': '{run} is fine', 'guard.paused': '{run} paused at {iteration}: {finding}',
  'guard.decided': '{run} {verdict} by {by}: {reason}', verbatim: '{text}', 'verdict.ended': 'over',
  'guard.newest': '{reward}/{judge} at {distance}, {iteration}',
});
const comparisons = [
  { iteration: 0, kl: 0, reward: 1, judge: 0.5 },
  { iteration: 5, kl: 4, reward: 2, judge: 1.5 },
  { iteration: 10, kl: 9, reward: 3, judge: 0.25 },
];
const pause = {
  verdict: 'paused', curves: ['objective/scores', 'heldOut/judgeScores'], since: 5, iteration: 10,
  finding: { code: 'verbatim', arguments: { text: 'they part' } },
};
const paused = { run: 'r1', decision: pause, comparisons };

test('gains over the SFT model stand over the root of KL, and where they part is marked', () => {
  // When
  const shown = picture(paused);

  // Then
  assert.deepEqual(shown, {
    reward: [[0, 0], [2, 1], [3, 2]],
    judge: [[0, 0], [2, 1], [3, -0.25]],
    parted: { at: 2, iteration: 5 },
  });
});

test('a run in order, and one with a single curve that drifts, has no place where two part', () => {
  // When
  const places = [null, { ...pause, curves: ['endRate'] }].map(decision => picture({ comparisons, decision }).parted);

  // Then
  assert.deepEqual(places, [null, null]);
});

test('without a comparison there is no picture', () => {
  // When
  const shown = picture({ comparisons: [], decision: pause });

  // Then
  assert.equal(shown, null);
});

test('a KL estimated below 0 is no distance', () => {
  // When
  const [[at]] = picture({ comparisons: [{ iteration: 5, kl: -0.1, reward: 1, judge: 1 }], decision: null }).judge;

  // Then
  assert.equal(at, 0);
});

test('who does not see the picture is told its end', () => {
  // When
  const said = newest(picture(paused), paused, messages);

  // Then
  assert.equal(said, '2/-0.25 at 3, 10');
});

test('the situation is said before, during and after a pause', () => {
  // Given
  const reports = [
    { run: null, decision: null, comparisons: [] },
    { run: 'r1', decision: null, comparisons },
    paused,
    { run: 'r1', decision: { ...pause, verdict: 'ended', decidedBy: 'Ann', reason: 'enough' }, comparisons },
  ];

  // When
  const said = reports.map(report => [situation(report, messages), isPaused(report)]);

  // Then
  assert.deepEqual(said, [
    ['nothing yet', false], ['r1 is fine', false], ['r1 paused at 10: they part', true], ['r1 over by Ann: enough', false],
  ]);
});

test('a run is an address whatever its characters', () => {
  // When
  const path = decisionPath('a/b');

  // Then
  assert.equal(path, 'guard/a%2Fb');
});
