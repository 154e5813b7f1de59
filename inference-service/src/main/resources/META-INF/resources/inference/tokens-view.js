// The tokens of an answer: shaded by how probable they were; pointed at, with what else might have been drawn.
import { element, make } from '../alignstream/dom.js';
import { choices, doubt, probability } from './tokens-model.js';

const STEPS = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 10, ArrowUp: -10 };

/** Writes the text of `answer` token by token into `container`, in the language of `messages()`. */
export function showTokens(container, answer, messages) {
  const pieces = answer.drawn.pieces(answer.text);
  const spans = pieces.map(({ text, tokens }) => make('span', {
    className: tokens.length > 0 ? `token doubt-${Math.max(...tokens.map(({ logprob }) => doubt(probability(logprob))))}` : '',
  }, text));
  const known = spans.filter((span, index) => pieces[index].tokens.length > 0);
  let current = -1;
  const show = span => {
    current = known.indexOf(span);
    known.forEach(other => other.classList.toggle('current', other === span));
    showChoices(span, pieces[spans.indexOf(span)].tokens, messages());
  };
  const hide = () => {
    known.forEach(other => other.classList.remove('current'));
    element('choices').hidden = true;
  };
  container.replaceChildren(...spans);
  container.tabIndex = 0;
  container.setAttribute('role', 'group');
  container.dataset.label = 'chat.tokens';
  container.setAttribute('aria-label', messages().text('chat.tokens'));
  container.addEventListener('pointerover', event => {
    const span = event.target.closest('.token');
    return span ? show(span) : hide();
  });
  container.addEventListener('pointerleave', hide);
  container.addEventListener('blur', hide);
  container.addEventListener('focus', () => known.length > 0 && container.matches(':focus-visible') && show(known[Math.max(current, 0)]));
  container.addEventListener('keydown', event => {
    if (event.key in STEPS && known.length > 0) {
      event.preventDefault();
      show(known[Math.min(Math.max(current + STEPS[event.key], 0), known.length - 1)]);
      element('announcer').textContent = element('choices').innerText; // what eyes see below the token
    } else if (event.key === 'Escape') {
      hide();
    }
  });
}

/** Shows what was drawn at `span` and what else might have been, below it or above where there is no room. */
function showChoices(span, tokens, messages) {
  const box = element('choices');
  box.replaceChildren(...tokens.map(token => make('table', {}, make('tbody', {}, ...choices(token).map(({ name, share, drawn }) =>
    make('tr', { className: drawn ? 'drawn' : '' },
      make('th', { scope: 'row' }, name),
      make('td', {}, messages.share(share)),
      make('td', { className: 'bar', 'aria-hidden': 'true' }, make('i', { style: { width: `${share * 100}%` } }))))))));
  box.hidden = false;
  const at = span.getClientRects()[0];
  const { width, height } = box.getBoundingClientRect();
  box.style.left = `${Math.max(8, Math.min(at.left, document.documentElement.clientWidth - width - 8))}px`;
  box.style.top = `${at.bottom + height + 8 < window.innerHeight ? at.bottom + 4 : Math.max(8, at.top - height - 4)}px`;
}
