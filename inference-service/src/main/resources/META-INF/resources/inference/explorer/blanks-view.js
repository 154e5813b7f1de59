// Blanks: what a masked model finds in them from both sides, beside what the base model guesses from the left alone.
import { make } from '../../alignstream/dom.js';
import { filled, shownToken } from './probability-model.js';
import { Panel } from './panel.js';

const PRESETS = [
  '今天天气很[MASK]', '今天天气[MASK]，这里的风景很美。', '[MASK]必去的景点是外滩。', '成都[MASK]去熊猫[MASK]。', 'The [MASK] leaves at nine.',
];
const SIDES = ['both', 'left'];
const KINDS = { both: 'masked', left: 'base' };
const WORDS = { both: 'explorer.blanks.both', left: 'explorer.blanks.left' };

export class BlanksPanel extends Panel {
  constructor(page) {
    super('blanks', page);
    this.answer = null;
    this.field('text').value = PRESETS[0];
    this.find('.presets').append(...PRESETS.map(preset => make('button', {
      type: 'button',
      on: {
        click: () => {
          this.field('text').value = preset;
          this.look();
        },
      },
    }, preset)));
  }

  /** It shows the two that are compared. */
  get choosesVersion() {
    return false;
  }

  async look() {
    this.asking();
    const answer = await this.ask('blanks', { text: this.field('text').value });
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
    const sides = SIDES.filter(side => this.answer.blanks.every(blank => blank[side]));
    this.find('.filled').replaceChildren(...sides.map(side => make('p', { className: `written ${KINDS[side]}`, dir: 'auto' },
      make('span', { className: 'side' }, `${this.text(WORDS[side])}: `),
      ...filled(this.answer, side).map(({ text, blank }) =>
        (blank ? make('mark', {}, text) : make('span', {}, text))))));
    this.find('.blanks').replaceChildren(...this.answer.blanks.map((blank, index) => make('div', {},
      make('h2', {}, this.text('explorer.blanks.number', { number: this.page.messages.whole(index + 1) })),
      make('div', { className: 'pair' }, ...sides.map(side => this.guesses(blank[side], side))))));
    this.find('.alone').hidden = sides.length === SIDES.length;
  }

  guesses(choices, side) {
    const list = make('ol', { className: 'bars' });
    this.bars(list, choices.map(({ id, text, probability }) => ({
      key: id,
      name: shownToken(text),
      share: probability,
      label: this.share(probability),
      kind: KINDS[side],
    })));
    return make('figure', {}, make('figcaption', {}, this.text(WORDS[side])), list);
  }
}
