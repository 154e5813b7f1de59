// How what a release on trial would have answered, which nobody was shown, compares with what was answered.
import { get, reasonOf } from '../alignstream/api.js';
import { element, make, say } from '../alignstream/dom.js';
import { pageMessages } from '../alignstream/language.js';

const messages = await pageMessages;

/** Shows the comparisons; the pairs themselves are fetched when somebody asks for them, who may see them. */
export function showShadows(comparisons) {
  element('shadows').hidden = comparisons.length === 0;
  const said = comparisons.map(one => messages.text('panel.inference.shadow.said', {
    shadow: one.shadow.slice(0, 12),
    served: one.served.slice(0, 12),
    percent: messages.figure(100 * one.winRate),
    low: messages.figure(Math.round(100 * one.low)),
    high: messages.figure(Math.round(100 * one.high)),
    judged: messages.whole(one.judged),
    shadowScore: messages.figure(one.shadowScore),
    servedScore: messages.figure(one.servedScore),
  }) + '. ' + messages.text('panel.inference.shadow.waiting', {
    waiting: messages.whole(one.waiting), notJudged: messages.whole(one.notJudged),
  }));
  const list = element('shadow-comparisons');
  if (list.dataset.said !== said.join('\n')) {
    list.dataset.said = said.join('\n');
    list.replaceChildren(...comparisons.map((one, i) => make('li', {}, range(one), make('p', {}, said[i]))));
  }
}

/** From 0 to 1: where the win rate probably lies, where it was measured, and the middle, where both are as good. */
function range({ judged, winRate, low, high }) {
  const percent = value => `${100 * value}%`;
  return make('div', { className: 'share-range', 'aria-hidden': 'true', hidden: judged === 0 },
    make('span', { className: 'band', style: { left: percent(low), width: percent(high - low) } }),
    make('span', { className: 'middle' }),
    make('span', { className: 'mark', style: { left: percent(winRate) } }));
}

function pair({ messages: asked, served, shadow, judgement }) {
  const side = (title, answer, score) => make('div', {},
    make('p', { className: 'title' }, `${title} · ${answer.model.slice(0, 12)} · ${messages.figure(score)}`),
    make('p', { className: 'answer' }, answer.text));
  return make('li', {},
    make('p', { className: 'asked' }, asked.at(-1).content),
    make('div', { className: 'sides' },
      side(messages.text('panel.inference.shadow.served'), served, judgement.served),
      side(messages.text('panel.inference.shadow.unseen'), shadow, judgement.shadow)));
}

element('shadow-show').addEventListener('click', async () => {
  try {
    element('shadow-pairs').replaceChildren(...(await get('served/shadow-answers')).map(pair));
    say(element('shadow-refused'), '');
  } catch (problem) {
    say(element('shadow-refused'), messages.said(reasonOf(problem)));
  }
});
