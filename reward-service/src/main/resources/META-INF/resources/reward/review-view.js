// The page for reviewers: how far people agree, how well they judge, and where they do not agree.
import { get, reasonOf } from '../alignstream/api.js';
import { element, make } from '../alignstream/dom.js';
import { otherLanguage, pageMessages, translate } from '../alignstream/language.js';
import { rendered } from './markdown-view.js';
import { agreementLines, annotatorRows, placed, tagRows } from './review-model.js';

let messages = await pageMessages;
let review = null;

function show() {
  translate(document, messages);
  document.title = `${messages.text('review.title')} · Alignstream`;
  if (!review) {
    return;
  }
  element('agreement').replaceChildren(...agreementLines(review, messages)
    .map(reason => make('p', {}, messages.said(reason))));
  table('tags-table', ['review.tag', 'review.requests', 'α', 'review.interval'], tagRows(review.tags, messages));
  table(
    'annotators',
    ['review.annotator', 'review.sharedRequests', 'review.pairAgreement', 'review.gold', 'review.goldAccuracy'],
    annotatorRows(review.annotators, messages),
  );
  element('disagreements').replaceChildren(...(review.disagreements.length === 0
    ? [nothing()]
    : review.disagreements.map(disagreement)));
}

const nothing = () => make('p', { className: 'empty' }, messages.text('review.none'));

const kind = index => (index === 0 ? 'text' : 'number');

function table(id, heads, rows) {
  element(id).replaceChildren(rows.length === 0 ? nothing() : make('table', {},
    make('thead', {}, make('tr', {}, ...heads.map((head, index) =>
      make('th', { scope: 'col', className: kind(index) }, messages.text(head))))),
    make('tbody', {}, ...rows.map(cells => make('tr', {}, ...cells.map((cell, index) =>
      make('td', { className: kind(index) }, cell)))))));
}

function disagreement({ requestId, messages: asked, answers, agreement, opinions }) {
  return make('article', { className: 'disagreement' },
    make('h3', {}, make('code', {}, requestId)),
    ...asked.map(({ role, content }) => make('div', { className: `message ${role}` }, ...rendered(content))),
    make('p', { className: 'hint' }, messages.text('review.pairs', { agreement: messages.share(agreement) })),
    make('div', { className: 'opinions' }, ...opinions.map(opinion => make('section', {},
      make('h4', {}, messages.text('review.opinion', { annotator: opinion.annotator, version: opinion.guidelineVersion })),
      make('ul', {}, ...placed(opinion, answers).map(({ place, text, score, reason }) => make('li', {},
        make('span', { className: 'rank' }, String(place)),
        make('div', { className: 'text' }, ...rendered(text),
          ...(score === null ? [] : [make('p', { className: 'hint' }, `${messages.text('rank.score')} ${score}`)]),
          ...(reason ? [make('p', { className: 'hint' }, reason)] : [])))))))));
}

async function load() {
  try {
    review = await get('/rankings/review');
    element('problem').hidden = true;
  } catch (problem) {
    element('problem').textContent = messages.said(reasonOf(problem));
    element('problem').hidden = false;
  }
  show();
}

element('language').addEventListener('click', async () => {
  messages = await otherLanguage(messages);
  show();
});
await load();
