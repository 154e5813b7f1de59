// The page of rewarded answers: a run, an iteration, its best and worst answers beside what was said before.
import { get, reasonOf } from '../alignstream/api.js';
import { element, make, say } from '../alignstream/dom.js';
import { otherLanguage, pageMessages, translate } from '../alignstream/language.js';
import { heads, iterationPath, rows, summary } from './rollouts-model.js';

let messages = await pageMessages;
let runs = [];
let shown = null;

function show() {
  translate(document, messages);
  document.title = `${messages.text('rollouts.title')} · Alignstream`;
  element('which').hidden = runs.length === 0;
  if (!shown) {
    say(element('summary'), runs.length === 0 ? messages.text('rollouts.none') : '');
    element('best').replaceChildren();
    element('worst').replaceChildren();
    return;
  }
  say(element('summary'), summary(shown, messages));
  element('best').replaceChildren(table(shown.best));
  element('worst').replaceChildren(table(shown.worst));
}

function table(answers) {
  const rescored = shown.meanRescored !== null;
  return make('table', {},
    make('thead', {}, make('tr', {}, ...heads(rescored).map(code => make('th', { scope: 'col' }, messages.text(code))))),
    make('tbody', {}, ...rows(answers, rescored, messages).map(cells => make('tr', {}, ...cells.map(cell =>
      make('td', { className: [cell.number ? 'number' : 'text', ...(cell.changed ? ['changed'] : [])].join(' ') },
        cell.text))))));
}

const iterations = () => runs.find(({ run }) => run === element('run').value)?.iterations ?? [];

function fill() {
  const slider = element('iteration');
  slider.max = String(Math.max(0, iterations().length - 1));
  slider.value = slider.max;
}

async function load() {
  const iteration = iterations()[Number(element('iteration').value)];
  say(element('number'), iteration === undefined ? '' : String(iteration));
  try {
    shown = iteration === undefined
      ? null
      : await get(iterationPath(element('run').value, iteration, element('reward').value.trim()));
    element('problem').hidden = true;
  } catch (problem) {
    element('problem').textContent = messages.text('action.failed', { problem: reasonOf(problem) });
    element('problem').hidden = false;
  }
  show();
}

element('run').addEventListener('change', () => {
  fill();
  load();
});
element('iteration').addEventListener('change', load);
element('reward').addEventListener('change', load);
element('which').addEventListener('submit', event => event.preventDefault());
element('language').addEventListener('click', async () => {
  messages = await otherLanguage(messages);
  show();
});

runs = await get('/rollouts/runs');
element('run').replaceChildren(...runs.map(({ run }) => make('option', { value: run }, run)));
const wanted = new URLSearchParams(location.search).get('run');
if (runs.some(({ run }) => run === wanted)) {
  element('run').value = wanted;
}
fill();
await load();
