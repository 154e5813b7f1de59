// What a model in training has written: a list for each prompt, from the beginning of the run to its end.
import { element, make } from './dom.js';
import { shortRun } from './charts-model.js';
import { timelines } from './samples-model.js';

/** Shows what the models of `runs` have written. */
export function showSamples(runs, messages) {
  const prompts = timelines(runs);
  element('samples-section').hidden = prompts.length === 0;
  element('samples').replaceChildren(...prompts.map(({ prompt, lines }) => make('article', {},
    make('h3', {}, prompt),
    make('ol', { className: 'timeline' }, ...lines.map(line => make('li', { className: line.same ? 'same' : '' },
      make('span', { className: 'step' }, messages.text('charts.step', { step: line.step }),
        runs.length > 1 ? ` · ${shortRun(line.run)}` : ''),
      make('span', { className: 'written' },
        line.text === '' ? make('em', { className: 'hint' }, messages.text('samples.nothing')) : line.text,
        line.cut ? ' …' : '')))))));
}
