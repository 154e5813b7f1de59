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

test('signs may close a heading', () => {
  // When
  const tree = markdown('## Closed ##  \n# C#\n# #');

  // Then
  assert.deepEqual(tree, [['h4', 'Closed'], ['h3', 'C#'], ['h3', '#']]);
});

test('marks stand within each other and beside each other', () => {
  // When
  const tree = markdown('**a _b_** and **c**, `**d**` *e*');

  // Then
  assert.deepEqual(tree, [['p', ['strong', 'a ', ['em', 'b']], ' and ', ['strong', 'c'], ', ', ['code', '**d**'], ' ', ['em', 'e']]]);
});

test('what quotes deeper than anybody reads stays text', () => {
  // When
  const depth = node => (Array.isArray(node) ? 1 + Math.max(0, ...node.map(depth)) : 0);
  const tree = markdown('>'.repeat(10_000));

  // Then
  assert.equal(depth(tree), 1 + 8 + 1);
});

test('no text takes long, whatever it is made of', () => {
  // Given
  const hostile = [
    '>'.repeat(30_000), '**a** '.repeat(5_000), '`a` '.repeat(5_000), `${'`'.repeat(20_000)}a`, '` `` '.repeat(3_000),
    '**a '.repeat(8_000), '*a '.repeat(20_000), '_a '.repeat(20_000), '**_'.repeat(10_000), `# a${' '.repeat(30_000)}b`,
    `- ${' '.repeat(30_000)}\u2028b`, '**a '.repeat(1_000), `${'`'.repeat(3_900)}a`, '- **a**\n'.repeat(300),
  ];

  // When
  const started = Date.now();
  const trees = hostile.map(markdown);

  // Then: a tenth of a second in all, and much patience with a slow machine
  assert.equal(trees.length, hostile.length);
  assert.equal(Date.now() - started < 20_000, true);
});

test('a text that is too long for marks loses nothing', () => {
  // Given
  const long = '**a** '.repeat(1_000);

  // When
  const tree = markdown(long);

  // Then
  assert.deepEqual(tree, [['p', long]]);
});
