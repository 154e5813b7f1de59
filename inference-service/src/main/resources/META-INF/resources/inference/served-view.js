// The dashboard's section on the served model.
import { get } from '../alignstream/api.js';
import { metricName } from '../alignstream/dashboard-model.js';
import { element, every, make, say } from '../alignstream/dom.js';
import { pageMessages } from '../alignstream/language.js';
import { showShadows } from './shadow-view.js';

const messages = await pageMessages;

/** Figures of the index of documents, with what they are called. */
const RETRIEVAL = {
  passages: 'panel.retrieval.passages',
  most: 'panel.retrieval.most',
  behind: 'panel.retrieval.behind',
  displaced: 'panel.retrieval.displaced',
  cut: 'panel.retrieval.cut',
  failed: 'panel.retrieval.failed',
  lost: 'panel.retrieval.lost',
  unreadable: 'panel.retrieval.unreadable',
};

function showRetrieval(status) {
  element('served-retrieval').hidden = !status;
  if (status) {
    say(element('retrieval-problem'), status.problem ? messages.said(status.problem) : '');
    element('retrieval-figures').replaceChildren(...Object.entries(RETRIEVAL).map(([name, code]) => make('div', {},
      make('dt', {}, messages.text(code)), make('dd', {}, messages.whole(status[name])))),
    make('div', {}, make('dt', {}, messages.text('panel.retrieval.mebibytes')), make('dd', {}, messages.figure(status.bytes / 2 ** 20))));
  }
}

function show(served) {
  showRetrieval(served.retrieval);
  element('served-none').hidden = Boolean(served.sha256);
  element('served').hidden = !served.sha256;
  if (!served.sha256) {
    return;
  }
  say(element('served-reason'), messages.said(served.reason));
  say(element('served-model'), served.model);
  say(element('served-sha256'), served.sha256);
  say(element('served-run'), served.run);
  say(element('served-since'), messages.time(served.since));
  say(element('served-positions'), messages.whole(served.positions));
  say(element('served-feedback'), `👍 ${messages.whole(served.feedback.up)}  👎 ${messages.whole(served.feedback.down)}`);
  element('served-trial').hidden = !served.trial;
  element('served-names').replaceChildren(...Object.entries(served.names).map(([name, sha256]) => make('div', {},
    make('dt', {}, name), make('dd', {}, make('code', {}, sha256.slice(0, 12))))));
  showShadows(served.shadows);
  element('served-figures').replaceChildren(...Object.entries(served.figures).map(([name, value]) => make('div', {},
    make('dt', {}, metricName(name, messages)), make('dd', {}, messages.figure(value)))));
}

every(3, async () => show(await get('served')));
