import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  canBeLogarithmic, chartsOf, chosen, csv, curveName, curvesOf, differences, explanation, fileName, isHeldOut, kindLine,
  kindOf, MOST_HEADLINES, runRow, smoothed, valueAtStep,
} from '../../main/resources/META-INF/resources/alignstream/charts-model.js';
import { Messages } from '../../main/resources/META-INF/resources/alignstream/messages.js';

const messages = new Messages('en', {
  'metric.loss': 'loss', 'metric.validationLoss': 'validation loss', 'metric.loss.hint': 'how surprised',
  'metric.pairAccuracy.hint': 'how often right', 'phase.train': 'training', 'phase.judge': 'judge',
  'unit.nats': 'nats', 'unit.share': 'share', 'good.lower': 'lower is better', 'good.higher': 'higher is better', 'good.steady': 'steady is good',
  'state.running': 'running', 'runs.finished': 'finished', 'runs.lost': 'its process ended', 'learn': 'learn {what}',
});

const curve = (metric, points = [[1, 1], [2, 2]], phase = 'train') => ({ phase, metric, points });
const run = (id, ...curves) => ({ run: id, curves });

test('what is learned and what is held out stand in one chart', () => {
  // When
  const charts = chartsOf([run('a', curve('loss'), curve('validationLoss'), curve('learningRate'))]);

  // Then
  assert.deepEqual(charts.map(({ id, metrics }) => [id, metrics]), [
    ['loss', ['loss', 'validationLoss']], ['learningRate', ['learningRate']],
  ]);
});

test('five charts at most are unfolded, the others come after them', () => {
  // Given
  const names = ['objective/scores', 'heldOut/judgeScores', 'objective/kl', 'responseLength', 'policy/entropy_avg', 'loss/value_avg',
    'learningRate', 'val/ratio', 'own'];

  // When
  const charts = chartsOf([run('a', ...names.map(name => curve(name)))]);

  // Then
  assert.equal(charts.filter(({ headline }) => headline).length, MOST_HEADLINES);
  assert.deepEqual(charts.slice(MOST_HEADLINES).map(({ id }) => id), ['learningRate', 'loss/value_avg', 'own', 'val/ratio']);
});

test('a figure that a second phase reports is one more curve and no further chart', () => {
  // Given
  const runs = [run('a', curve('loss'), curve('loss', [[1, 3]], 'judge'))];

  // When
  const charts = chartsOf(runs);
  const curves = curvesOf(charts[0], runs);

  // Then
  assert.equal(charts.length, 1);
  assert.deepEqual(curves.map(each => curveName(each, curves, messages)), ['loss (training)', 'loss (judge)']);
});

test('curves of several runs are told apart by run, those of one figure alone by nothing else', () => {
  // Given
  const runs = [run('0123456789abcdef', curve('loss')), run('b', curve('loss'))];
  const curves = curvesOf({ id: 'loss', metrics: ['loss'] }, runs);

  // When
  const names = curves.map(each => curveName(each, curves, messages));

  // Then
  assert.deepEqual(names, ['0123456789ab…', 'b']);
});

test('smoothing has no pull towards zero and keeps the steps', () => {
  // When
  const points = smoothed([[1, 4], [3, 4], [5, 8]], 0.5);

  // Then
  assert.deepEqual(points.map(([step]) => step), [1, 3, 5]);
  assert.equal(points[1][1], 4);
  assert.equal(points[2][1] > 4 && points[2][1] < 8, true);
});

test('a logarithmic axis has no place for zero', () => {
  // When
  const can = [[curve('loss')], [curve('loss', [[1, 0]])], []].map(canBeLogarithmic);

  // Then
  assert.deepEqual(can, [true, false, false]);
});

test('a curve has at a step the value of its last point before', () => {
  // When
  const values = [0, 1, 3, 9].map(step => valueAtStep([[1, 5], [3, 7]], step));

  // Then
  assert.deepEqual(values, [undefined, 5, 7, 7]);
});

test('a table has a line for each step and gaps where a curve has no point', () => {
  // When
  const table = csv([curve('loss', [[1, 2], [2, 3]]), curve('validationLoss', [[2, 5]])], ['step', 'loss', 'validation "loss"']);

  // Then
  assert.equal(table, 'step,loss,"validation ""loss"""\n1,2,\n2,3,5\n');
});

test('files are named by run and figure', () => {
  assert.equal(fileName(['0123456789abcdef', 'b'], 'heldOut/kl', 'png'), '0123456789ab-b-heldOut-kl.png');
});

test('every figure has a kind, one below another that of the other', () => {
  // When
  const kinds = ['loss', 'criterion/polite/pairAccuracy', 'never-heard-of'].map(metric => kindLine(metric, messages));

  // Then
  assert.deepEqual(kinds, ['nats · lower is better', 'share · higher is better', 'steady is good']);
  assert.equal(kindOf('loss').good, 'lower');
  assert.equal(explanation('loss', messages), 'how surprised');
  assert.equal(explanation('criterion/polite/pairAccuracy', messages), 'how often right');
  assert.equal(explanation('never-heard-of', messages), '');
});

test('what is measured on held-out data is known as such', () => {
  // When
  const heldOut = ['loss', 'validationLoss', 'heldOut/kl', 'judge/pairAccuracy', 'objective/kl'].filter(isHeldOut);

  // Then
  assert.deepEqual(heldOut, ['validationLoss', 'heldOut/kl', 'judge/pairAccuracy']);
});

test('runs differ by settings, parents and data, and only by what is not alike', () => {
  // Given
  const made = (rate, sha256, end) => ({
    settings: { learningRate: rate, seed: '1' },
    parents: { base: { sha256 } },
    datasets: [{ topic: 'instructions', partitions: [{ begin: 0, end }] }],
  });

  // When
  const found = differences([made('0.1', 'aa', 5), made('0.2', 'aa', 9), { settings: {}, parents: {}, datasets: [] }]);

  // Then
  assert.deepEqual(found, [
    { name: 'base', values: ['aa', 'aa', null] },
    { name: 'instructions', values: ['0–5', '0–9', null] },
    { name: 'learningRate', values: ['0.1', '0.2', null] },
    { name: 'seed', values: ['1', '1', null] },
  ]);
});

test('a run says how it ended, or that its process did', () => {
  // Given
  const told = { run: 'a', title: { code: 'learn', arguments: { what: 'x' } }, begun: 'then', phase: 'train', step: 5, totalSteps: 10 };

  // When
  const rows = [[null, true], ['finished', false], [null, false]].map(([outcome, running]) => runRow({ ...told, outcome }, running, messages));

  // Then
  assert.deepEqual(rows.map(({ state }) => state), ['running', 'finished', 'its process ended']);
  assert.equal(rows[0].title, 'learn x');
  assert.equal(rows[0].steps, '5 / 10');
});

test('one run at least is shown, four at most', () => {
  assert.deepEqual(chosen(['a'], 'a', false, 4), ['a']);
  assert.deepEqual(chosen(['a', 'b'], 'a', false, 4), ['b']);
  assert.deepEqual(chosen(['a', 'b', 'c', 'd'], 'e', true, 4), ['b', 'c', 'd', 'e']);
});
