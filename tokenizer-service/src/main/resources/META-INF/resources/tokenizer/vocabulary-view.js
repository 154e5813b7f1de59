// The playground and the vocabulary of the tokenizer in use.
import { get, post, reasonOf } from '../alignstream/api.js';
import { afterPause, element, make } from '../alignstream/dom.js';
import { pageMessages } from '../alignstream/language.js';
import { Derivation, kindName, others, tokenTitle, visible, VocabularySearch } from './vocabulary-model.js';

const HUES = [210, 35, 140, 285, 0, 180];
const TYPING_MILLISECONDS = 250;
const PLAY_MILLISECONDS = 450;
const LOOK_AGAIN_MILLISECONDS = 2000;

class Playground {
  constructor(messages) {
    this.messages = messages;
    this.derivation = null;
    this.timer = 0;
  }

  start() {
    element('playground').addEventListener('submit', event => event.preventDefault());
    element('playground-text').addEventListener('input', afterPause(TYPING_MILLISECONDS, () => this.split()));
    element('step').addEventListener('input', () => {
      this.stop();
      this.showStep();
    });
    element('step-play').addEventListener('click', () => (this.timer === 0 ? this.play() : this.stop()));
    element('other-tokenizer').addEventListener('change', () => this.splitWithOther());
  }

  /** Offers the tokenizers that there are besides the one in use. */
  async offerOthers() {
    const found = others(await get('vocabulary/tokenizers'), this.messages);
    element('other').hidden = found.length === 0;
    element('other-tokenizer').append(...found.map(({ sha256, label }) => make('option', { value: sha256 }, label)));
  }

  /** The same text as the chosen tokenizer has it, whole. */
  async splitWithOther() {
    const tokenizer = element('other-tokenizer').value;
    const shown = tokenizer !== '';
    element('other-tokens').hidden = !shown;
    element('other-figures').hidden = !shown;
    if (!shown) {
      return;
    }
    const text = element('playground-text').value;
    try {
      const derivation = new Derivation(await post('vocabulary/split', { text, tokenizer }), text);
      const count = derivation.steps.length;
      const tokens = derivation.tokensAt(count);
      element('other-tokens').replaceChildren(...tokens.map((token, index) => this.chip(derivation, token, index, false)));
      element('other-tokens').setAttribute('aria-label', tokens.map(({ id }) => derivation.names[id].text).join(' | '));
      element('other-figures').textContent = derivation.figuresText(count, this.messages);
    } catch (failure) {
      element('other-tokens').replaceChildren();
      element('other-figures').textContent = this.messages.said(reasonOf(failure));
    }
  }

  async split() {
    this.stop();
    const problem = element('playground-problem');
    const text = element('playground-text').value;
    try {
      this.derivation = new Derivation(await post('vocabulary/split', { text }), text);
      const { length } = this.derivation.steps;
      problem.hidden = true;
      element('playground-steps').hidden = length === 0;
      element('playground-steps').style.display = length === 0 ? 'none' : 'flex';
      element('step').max = length;
      element('step').value = length;
      this.showStep();
      await this.splitWithOther();
    } catch (failure) {
      problem.textContent = this.messages.said(reasonOf(failure));
      problem.hidden = failure.status === 409; // there is no tokenizer yet
    }
  }

  showStep() {
    const count = Number(element('step').value);
    const tokens = this.derivation.tokensAt(count);
    const made = this.derivation.madeAt(count);
    element('playground-tokens').replaceChildren(...tokens.map((token, index) => this.chip(this.derivation, token, index, index === made)));
    element('playground-tokens').setAttribute('aria-label',
      tokens.map(({ id }) => this.derivation.names[id].text).join(' | '));
    element('step-text').textContent = this.derivation.stepText(count, this.messages);
    element('playground-figures').textContent = this.derivation.figuresText(count, this.messages);
  }

  chip(derivation, { id, opens }, index, made) {
    const name = derivation.names[id];
    const hue = HUES[index % HUES.length];
    return make('span', {
      title: tokenTitle(id, name, this.messages),
      style: {
        background: `light-dark(hsl(${hue} 80% 88%), hsl(${hue} 45% 28%))`,
        padding: '.2rem .3rem',
        borderRadius: '.3rem',
        whiteSpace: 'pre',
        marginInlineStart: opens && index > 0 ? '.55rem' : '1px',
        outline: made ? '2px solid var(--accent)' : '',
        fontSize: name.kind === 'BYTE' && name.characters === 0 ? '.75em' : '',
      },
    }, visible(name.text));
  }

  stop() {
    clearInterval(this.timer);
    this.timer = 0;
    element('step-play').textContent = this.messages.text('vocabulary.play');
  }

  play() {
    const step = element('step');
    if (Number(step.value) === Number(step.max)) {
      step.value = 0;
    }
    this.showStep();
    element('step-play').textContent = this.messages.text('vocabulary.pause');
    this.timer = setInterval(() => {
      step.value = Number(step.value) + 1;
      this.showStep();
      if (Number(step.value) === Number(step.max)) {
        this.stop();
      }
    }, PLAY_MILLISECONDS);
  }
}

class VocabularyTable {
  constructor(messages) {
    this.messages = messages;
    this.search = new VocabularySearch();
  }

  start() {
    const look = turn => this.look(turn).catch(console.debug);
    element('vocabulary-search').addEventListener('submit', event => event.preventDefault());
    element('vocabulary-text').addEventListener('input', afterPause(TYPING_MILLISECONDS, () => look()));
    element('vocabulary-order').addEventListener('change', () => look());
    element('vocabulary-previous').addEventListener('click', () => look(-1));
    element('vocabulary-next').addEventListener('click', () => look(1));
  }

  async look(turn) {
    const found = await get(
      this.search.address(element('vocabulary-text').value, element('vocabulary-order').value, turn));
    this.search.found(found);
    const { page, pages, matches } = found;
    element('vocabulary-matches').textContent =
      this.messages.text('vocabulary.matches', { matches, tokens: found.vocabularySize });
    element('vocabulary-rows').replaceChildren(...found.tokens.map(token => this.row(token)));
    element('vocabulary-table').hidden = matches === 0;
    element('vocabulary-pages').hidden = pages === 1;
    element('vocabulary-pages').style.display = pages === 1 ? 'none' : 'flex';
    element('vocabulary-page').textContent = `${this.messages.whole(page + 1)} / ${this.messages.whole(pages)}`;
    element('vocabulary-previous').disabled = page === 0;
    element('vocabulary-next').disabled = page + 1 === pages;
  }

  row({ id, text, kind, characters, bytes, frequency }) {
    const kindOf = kindName(kind, this.messages);
    return make('tr', {},
      make('td', {}, make('code', { style: { whiteSpace: 'pre' } }, visible(text)), kindOf ? make('small', {}, ` ${kindOf}`) : ''),
      ...[id, frequency, characters, bytes].map(value =>
        make('td', { className: 'number' }, value === null ? '–' : this.messages.whole(value))));
  }
}

const messages = await pageMessages;
const playground = new Playground(messages);
const table = new VocabularyTable(messages);
playground.start();
table.start();

/** Shows both; until there is a tokenizer, looks for one now and then. */
async function begin() {
  await playground.split();
  await table.look().catch(console.debug);
  if (!table.search.answered) {
    setTimeout(begin, LOOK_AGAIN_MILLISECONDS);
    return;
  }
  await playground.offerOthers().catch(console.debug);
}

begin();
