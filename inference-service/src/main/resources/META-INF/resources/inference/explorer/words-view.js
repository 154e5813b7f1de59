// Words as vectors: what is near to one, or to a sum of some.
import { make } from '../../alignstream/dom.js';
import { terms } from './probability-model.js';
import { Panel } from './panel.js';

const PRESETS = ['king − man + woman', '成都', '成都 − 四川 + 陕西', 'tired'];

export class WordsPanel extends Panel {
  constructor(page) {
    super('words', page);
    this.answer = null;
    this.field('sum').value = PRESETS[0];
    this.find('.presets').append(...PRESETS.map(preset => make('button', {
      type: 'button',
      on: {
        click: () => {
          this.field('sum').value = preset;
          this.look();
        },
      },
    }, preset)));
  }

  async look() {
    this.asking();
    const answer = await this.ask('neighbours', terms(this.field('sum').value));
    if (answer !== null) {
      this.asked();
      this.answer = answer;
      this.show();
    }
  }

  show() {
    if (this.answer === null) {
      return;
    }
    this.find('.picture').hidden = false;
    this.find('.terms').replaceChildren(...this.answer.words.flatMap(({ added, tokens }, index) => [
      index === 0 && added ? '' : make('span', { className: 'sign' }, added ? ' + ' : ' − '),
      ...tokens.map(token => make('span', { className: 'token' }, token.trim() || '␣'))]));
    this.bars(this.find('.bars'), this.answer.neighbours.map(({ id, text, cosine, given }) => ({
      key: id,
      name: text.trim() || '␣',
      share: cosine,
      label: given
        ? this.text('explorer.given', { cosine: cosine.toFixed(2) })
        : cosine.toFixed(2),
      kind: given ? 'out' : this.page.version,
    })));
  }
}
