// What an answer is grounded in: the passages of documents that the model was shown.
import { make } from '../alignstream/dom.js';

/** Shows `sources`, as the service gives them, in the card `card`, which says so, too, if there are none; null hides it. */
export function showSources(card, sources, messages) {
  card.hidden = sources === null;
  if (sources === null) {
    return;
  }
  const { sources: passages, left_out: leftOut } = sources;
  const none = passages.length === 0 ? [said(messages, leftOut > 0 ? 'chat.sourcesTooLong' : 'chat.noSources')] : [];
  const less = passages.length > 0 && leftOut > 0 ? [said(messages, 'chat.sourcesLeftOut', { passages: leftOut })] : [];
  const list = passages.length === 0 ? [] : [make('details', {},
    make('summary', {}, text(messages, 'chat.sources'), ` (${messages.whole(passages.length)})`),
    make('ol', {}, ...passages.map(passage => item(passage, messages))))];
  card.replaceChildren(...list, ...none, ...less);
}

function item({ document, title, uri, source, text: passage, score }, messages) {
  const name = title ?? document;
  return make('li', {},
    make('p', {},
      isAddress(uri) ? make('a', { href: uri, rel: 'noopener noreferrer', target: '_blank', dir: 'auto' }, name) : make('b', { dir: 'auto' }, name),
      make('span', { className: 'faint' }, ` ${source} · `, text(messages, 'chat.similarity'), ` ${messages.figure(Math.round(score * 100) / 100)}`)),
    make('blockquote', { dir: 'auto' }, passage));
}

/** What a document says of itself may be any text; only a page of the web becomes a link. */
function isAddress(uri) {
  return /^https?:\/\//i.test(uri ?? '') && URL.canParse(uri);
}

/** A text that follows the page's language. */
function text(messages, code) {
  return make('span', { data: { text: code } }, messages.text(code));
}

/** A sentence that does, with its arguments. */
function said(messages, code, values = {}) {
  const reason = { code, arguments: values };
  return make('p', { className: 'faint', data: { reason: JSON.stringify(reason) } }, make('span', {}, messages.said(reason)));
}
