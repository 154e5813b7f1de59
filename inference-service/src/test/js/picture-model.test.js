import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  arcs, chartPlace, fitted, line, rows, strongest, verdict,
} from '../../main/resources/META-INF/resources/inference/explorer/picture-model.js';

const HEADS = [[[1], [0.25, 0.75]], [[1], [0.75, 0.25]]];

test('one head has its own attention, all together their mean', () => {
  // When, Then
  assert.deepEqual(rows(HEADS, 1), [[1], [0.75, 0.25]]);
  assert.deepEqual(rows(HEADS, -1), [[1], [0.5, 0.5]]);
});

test('the strongest places come first, of equals the first', () => {
  // When, Then
  assert.deepEqual(strongest([0.2, 0.5, 0.2, 0.1], 3).map(({ place }) => place), [1, 0, 2]);
});

test('arcs lead to the tokens that something is taken from, further ones higher', () => {
  // When
  const drawn = arcs([0.6, 0.001, 0.399], 2, [10, 60, 110], 136);

  // Then
  assert.deepEqual(drawn.map(({ to }) => to), [0, 2]);
  assert.equal(drawn[0].d, 'M 110 136 C 110 -32 10 -32 10 136');
  assert.equal(drawn[1].d, 'M 104 136 C 94 110 126 110 116 136');
});

test('points fill a box without being stretched', () => {
  // When
  const [path] = fitted([[[-1, 0], [1, 0], [0, 1]]], 240, 140, 20);

  // Then
  assert.deepEqual(path, [[20, 120], [220, 120], [120, 20]]);
  assert.equal(line(path), 'M 20.0 120.0 L 220.0 120.0 L 120.0 20.0');
});

test('points that are all one stand in the middle', () => {
  // When, Then
  assert.deepEqual(fitted([[[3, 4], [3, 4]]], 100, 100, 10), [[[50, 50], [50, 50]]]);
});

test('a chart begins on the left and 1 is on top', () => {
  // When, Then
  assert.deepEqual(chartPlace(0, 5, 1, 0, 100, 80, 10), [10, 10]);
  assert.deepEqual(chartPlace(4, 5, 0, 0, 100, 80, 10), [90, 70]);
});

test('meanings part only if texts of one are more alike than texts of both', () => {
  // When, Then
  assert.equal(verdict({ between: [1, 0.4], within: [1, 0.8] }), 'apart');
  assert.equal(verdict({ between: [1, 0.4], within: [1, 0.41] }), 'alike');
  assert.equal(verdict({ between: [1, 0.4], within: [] }), 'single');
});
