import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timelines } from '../../main/resources/META-INF/resources/alignstream/samples-model.js';

const text = (prompt, continuation) => ({ prompt, continuation, cut: false });

test('each prompt has a line for each step, which says whether something has changed', () => {
  const runs = [{ run: 'a', samples: [
    { step: 0, texts: [text('q', 'x'), text('p', '')] },
    { step: 5, texts: [text('q', 'x'), text('p', 'y')] },
  ] }];

  assert.deepEqual(timelines(runs), [
    { prompt: 'q', lines: [
      { run: 'a', step: 0, text: 'x', cut: false, same: false },
      { run: 'a', step: 5, text: 'x', cut: false, same: true },
    ] },
    { prompt: 'p', lines: [
      { run: 'a', step: 0, text: '', cut: false, same: false },
      { run: 'a', step: 5, text: 'y', cut: false, same: false },
    ] },
  ]);
});

test('what another run wrote is not what was before', () => {
  const runs = [
    { run: 'a', samples: [{ step: 5, texts: [text('q', 'x')] }] },
    { run: 'b', samples: [{ step: 0, texts: [text('q', 'x')] }] },
  ];

  assert.deepEqual(timelines(runs)[0].lines.map(({ same }) => same), [false, false]);
});

test('a run that has written nothing shows nothing', () => {
  assert.deepEqual(timelines([{ run: 'a' }, { run: 'b', samples: [] }]), []);
});
