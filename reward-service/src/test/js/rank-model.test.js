import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyAct, outlook, Ranking } from '../../main/resources/META-INF/resources/reward/rank-model.js';

const question = { requestId: 'q1', guideline: 'v1', answers: ['a', 'b', 'c'].map((text, index) => ({ indexes: [index], text })) };

test('an answer moves to where another one stands', () => {
  // Given
  const ranking = new Ranking(question);

  // When
  ranking.move(2, 0);

  // Then
  assert.deepEqual(ranking.order(), [2, 0, 1]);
  assert.deepEqual(ranking.places, [2, 3, 1]);
});

test('moving dissolves ties', () => {
  // Given
  const ranking = new Ranking(question);
  ranking.place(1, 1);

  // When
  ranking.moveBy(1, -1);

  // Then
  assert.deepEqual(ranking.places, [2, 1, 3]);
});

test('an answer on top stays there', () => {
  // Given
  const ranking = new Ranking(question);

  // When
  ranking.moveBy(0, -1);

  // Then
  assert.deepEqual(ranking.order(), [0, 1, 2]);
});

test('there is no place behind the last one', () => {
  // Given
  const ranking = new Ranking(question);

  // When
  ranking.place(0, 9);

  // Then
  assert.deepEqual(ranking.places, [3, 2, 3]);
});

test('equal places are sent as one group, best first', () => {
  // Given
  const ranking = new Ranking(question);
  ranking.place(0, 3);

  // When
  const judgement = ranking.judgement('ann');

  // Then
  assert.deepEqual(judgement, { requestId: 'q1', annotator: 'ann', order: [[1], [0, 2]], scores: [], reasons: [], guideline: 'v1', correction: false });
});

test('scores are sent when all answers have one, reasons when any has', () => {
  // Given
  const ranking = new Ranking(question);
  ranking.notes.forEach((note, index) => { note.score = String(index); });
  ranking.notes[1].reason = 'vague';

  // When
  const { scores, reasons } = ranking.judgement('ann');

  // Then
  assert.deepEqual(scores, [0, 1, 2]);
  assert.deepEqual(reasons, ['', 'vague', '']);
});

test('a ranking with some scores is half scored', () => {
  // Given
  const ranking = new Ranking(question);

  // When
  const before = ranking.isHalfScored();
  ranking.notes[0].score = '0';

  // Then
  assert.equal(before, false);
  assert.equal(ranking.isHalfScored(), true);
});

test('an untouched order is no judgement; an act on it makes it one', () => {
  // Given
  const acts = {
    untouched: () => {},
    'moved nowhere': ranking => ranking.moveBy(0, -1),
    scored: ranking => { ranking.notes[0].score = '5'; },
    moved: ranking => ranking.moveBy(0, 1),
    'pressed its place': ranking => ranking.place(0, 1),
    'all equal': ranking => ranking.allEqual(),
    confirmed: ranking => ranking.confirm(),
  };

  // When
  const decided = Object.keys(acts).filter(name => {
    const ranking = new Ranking(question);
    acts[name](ranking);
    return ranking.isDecided;
  });

  // Then
  assert.deepEqual(decided, ['moved', 'pressed its place', 'all equal', 'confirmed']);
});

test('undo takes act by act back, the decision too', () => {
  // Given
  const ranking = new Ranking(question);
  ranking.allEqual();
  ranking.place(2, 3);

  // When
  const undone = [ranking.undo(), ranking.places, ranking.undo(), ranking.places, ranking.isDecided, ranking.undo()];

  // Then
  assert.deepEqual(undone, [true, [1, 1, 1], true, [1, 2, 3], false, false]);
});

test('answers that are the same are tied and share score and reason', () => {
  // Given
  const ranking = new Ranking({
    requestId: 'q1', answers: [{ indexes: [1], text: 'b' }, { indexes: [0, 2], text: 'a' }],
  });
  ranking.move(1, 0);
  ranking.notes[0] = { score: '1', reason: '' };
  ranking.notes[1] = { score: '4', reason: 'short' };

  // When
  const { order, scores, reasons } = ranking.judgement('ann');

  // Then
  assert.deepEqual(order, [[0, 2], [1]]);
  assert.deepEqual(scores, [4, 1, 4]);
  assert.deepEqual(reasons, ['short', '', 'short']);
});

test('a correction has to be decided anew and says what it is', () => {
  // Given
  const ranking = new Ranking(question);
  ranking.confirm();

  // When
  ranking.correct();

  // Then
  assert.equal(ranking.isDecided, false);
  assert.equal(ranking.judgement('ann').correction, true);
});

test('scores contradict an order that puts the lower one first, or different ones side by side', () => {
  // Given
  const scored = (places, scores) => {
    const ranking = new Ranking(question);
    ranking.places = places;
    scores.forEach((score, index) => { ranking.notes[index].score = score; });
    return ranking.isContradictory();
  };

  // When
  const contradictory = [
    scored([1, 2, 3], ['5', '5', '0']),
    scored([1, 2, 3], ['5', '', '1']),
    scored([1, 2, 3], ['1', '', '5']),
    scored([1, 1, 3], ['4', '3', '']),
  ];

  // Then
  assert.deepEqual(contradictory, [false, false, true, true]);
});

test('keys ask for acts, held ones and those of a composition for nothing', () => {
  // When
  const acts = [
    keyAct({ key: 'Enter' }, true),
    keyAct({ key: 'Enter', repeat: true }, false),
    keyAct({ key: 'Enter', isComposing: true }, true),
    keyAct({ key: '2' }, false),
    keyAct({ key: '2' }, true),
    keyAct({ key: 'ArrowUp', repeat: true }, false),
    keyAct({ key: '=' }, false),
    keyAct({ key: '?' }, false),
    keyAct({ key: 'z', ctrlKey: true }, false),
    keyAct({ key: 'c', ctrlKey: true }, false),
    keyAct({ key: 'q' }, false),
  ];

  // Then
  assert.deepEqual(acts, ['send', null, null, { place: 2 }, null, { moveBy: -1 }, 'allEqual', 'keys', 'undo', null, null]);
});

test('the outlook says whether one person can start the training', () => {
  // When
  const codes = [[200, 0], [3, 197], [3, 196]].map(([there, remaining]) => outlook({ there, needed: 200 }, remaining).code);

  // Then
  assert.deepEqual(codes, ['rank.enough', 'rank.alone', 'rank.tooFew']);
});

test('a draft is taken up where it was left, and is no judgement before the person says so', () => {
  // Given
  const before = new Ranking(question);
  before.place(2, 1);
  before.notes[0].score = '4';
  const draft = before.draft('ann');

  // When
  const after = new Ranking({ ...question, draft });

  // Then
  assert.deepEqual(draft, { requestId: 'q1', annotator: 'ann', places: [1, 2, 1], scores: ['4', '', ''], reasons: ['', '', ''] });
  assert.deepEqual(after.draft('ann'), draft);
  assert.equal(after.isDecided, false);
});

test('a question that is looked at is kept in time, a correction needs no place', () => {
  // Given
  const ranking = new Ranking({ ...question, leaseSeconds: 600 });
  const correction = new Ranking({ ...question, leaseSeconds: 600 });
  ranking.keptAt = 1_000;
  correction.correct();

  // When
  const due = [1_000, 200_999, 201_000].map(now => ranking.isToBeKept(now));

  // Then
  assert.deepEqual(due, [false, false, true]);
  assert.equal(correction.isToBeKept(1e9), false);
});

test('only what somebody has done something with is begun', () => {
  // Given
  const drafts = [
    { places: [1, 2, 3], scores: ['', '', ''], reasons: ['', '', ''] },
    { places: [1, 3, 2], scores: ['', '', ''], reasons: ['', '', ''] },
    { places: [1, 2, 3], scores: ['', '0', ''], reasons: ['', '', ''] },
    { places: [1, 2, 3], scores: ['', '', ''], reasons: ['', '', 'why'] },
  ];

  // When
  const begun = drafts.map(draft => new Ranking({ ...question, draft }).isBegun());

  // Then
  assert.deepEqual(begun, [false, true, true, true]);
});
