import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Messages } from '../../../../libs/stage-runtime/src/main/resources/META-INF/resources/alignstream/messages.js';
import {
  decisionPath, decisionTitle, otherPages, releaseRow,
} from '../../main/resources/META-INF/resources/rlhf/releases-model.js';

const messages = new Messages('en', {
  'releases.run': 'run {run}', 'releases.gate': 'the gate', 'releases.approve': 'Approve', 'releases.reject': 'Reject',
  'releases.rollBack': 'Roll back', 'releases.title': '{action}: {model} {candidate}', 'verdict.approved': 'approved',
  verbatim: '{text}', 'metric.winRate': 'win rate', 'metric.heldOut/kl': 'held-out KL',
});
const sha256 = '0123456789ab'.padEnd(64, 'f');
const release = {
  key: 'alignstream/r1', model: 'alignstream', run: 'r1', reference: { sha256 }, verdict: 'approved',
  reason: { code: 'verbatim', arguments: { text: 'good' } }, decidedBy: null,
  figures: { 'heldOut/kl': 0.25, 'heldOut/prompts': 40, winRate: 0.75 }, possible: ['rejected', 'rolled-back'],
};

test('a row names the candidate, why, the gate and what may follow', () => {
  // When
  const row = releaseRow(release, messages);

  // Then
  assert.equal(row.candidate, '0123456789ab');
  assert.equal(row.run, 'run r1');
  assert.equal(row.verdictName, 'approved');
  assert.equal(row.why, 'good');
  assert.equal(row.by, 'the gate');
  assert.deepEqual(row.actions, [
    { verdict: 'rejected', label: 'Reject' }, { verdict: 'rolled-back', label: 'Roll back' },
  ]);
});

test('the figures that decide stand in their order, others and missing ones do not', () => {
  // When
  const rows = [release.figures, {}].map(figures => releaseRow({ ...release, figures }, messages).figures);

  // Then
  assert.deepEqual(rows, [['win rate 0.75', 'held-out KL 0.25'], []]);
});

test('a person who decided is named', () => {
  // When
  const row = releaseRow({ ...release, decidedBy: 'Ann' }, messages);

  // Then
  assert.equal(row.by, 'Ann');
});

test('the dialog says what is done to which candidate', () => {
  // When
  const title = decisionTitle(release, 'rolled-back', messages);

  // Then
  assert.equal(title, 'Roll back: alignstream 0123456789ab');
});

test('a key is an address whatever its characters', () => {
  // When
  const paths = ['alignstream/r1', 'org/my model?/r1'].map(decisionPath);

  // Then
  assert.deepEqual(paths, ['releases/alignstream/r1', 'releases/org/my%20model%3F/r1']);
});

test('older and newer releases are pages apart', () => {
  // When
  const pages = [[0, 50], [0, 51], [1, 100], [1, 101]].map(([page, total]) => otherPages(page, { total, pageSize: 50 }));

  // Then
  assert.deepEqual(pages, [
    { previous: false, next: false }, { previous: false, next: true },
    { previous: true, next: false }, { previous: true, next: true },
  ]);
});
