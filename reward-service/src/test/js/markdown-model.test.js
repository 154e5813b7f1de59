import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markdown } from '../../main/resources/META-INF/resources/reward/markdown-model.js';

test('blocks and marks become a tree', () => {
  // Given
  const text = '# Fair\n\nTrue **before** *kind*,\nwith `a*b`.\n\n- one\n- **two**\n\n2) second\n\n> said\n\n---\n```js\n<b>\n```';

  // When
  const tree = markdown(text);

  // Then
  assert.deepEqual(tree, [
    ['h3', 'Fair'],
    ['p', 'True ', ['strong', 'before'], ' ', ['em', 'kind'], ',\nwith ', ['code', 'a*b'], '.'],
    ['ul', ['li', 'one'], ['li', ['strong', 'two']]],
    ['ol', ['li', 'second']],
    ['blockquote', ['p', 'said']],
    ['hr'],
    ['pre', ['code', '<b>']],
  ]);
});

test('raw HTML and links stay text', () => {
  // Given
  const text = '<script>alert(1)</script> [here](javascript:alert(1))';

  // When
  const tree = markdown(text);

  // Then
  assert.deepEqual(tree, [['p', text]]);
});

test('what only looks like a mark is text', () => {
  // Given
  const text = '2 * 3 * 4, snake_case_name, ** open, ``` in a line';

  // When
  const tree = markdown(text);

  // Then
  assert.deepEqual(tree, [['p', text]]);
});

test('a fence without an end takes the rest', () => {
  // When
  const tree = markdown('~~~\na\n\nb');

  // Then
  assert.deepEqual(tree, [['pre', ['code', 'a\n\nb']]]);
});
