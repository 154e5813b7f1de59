// The next token as a die: its sides move with temperature and top-p, a throw writes one.
import { make, say } from '../../alignstream/dom.js';
import { distribution, draw, shownToken } from './probability-model.js';
import { Panel } from './panel.js';

const SHOWN = 15;
const THROWS = 20;

export class NextPanel extends Panel {
  constructor(page) {
    super('next', page);
    this.answer = null;
    this.drawn = null;
    this.field('prompt').value = '成都有啥必去的地方啊';
    for (const name of ['temperature', 'topP']) {
      this.field(name).addEventListener('input', () => this.move());
    }
    this.find('.roll').addEventListener('click', () => this.roll(1));
    this.find('.rolls').addEventListener('click', () => this.roll(THROWS));
  }

  async look() {
    this.asking();
    this.drawn = null;
    const answer = await this.ask('next', { prompt: this.field('prompt').value, taken: [] });
    if (answer !== null) {
      this.asked();
      this.prompt = this.field('prompt').value;
      this.answer = answer;
      this.show();
    }
  }

  get sides() {
    return distribution(this.answer, Number(this.field('temperature').value), Number(this.field('topP').value));
  }

  /** Draws token after token, each from what the ones before it make probable. */
  async roll(times) {
    this.asking();
    for (let thrown = 0; thrown < times && !this.answer.ended; thrown++) {
      const rank = draw(this.sides, Math.random());
      const answer = await this.ask('next', {
        prompt: this.prompt, taken: this.answer.taken.map(({ id }) => id), rank,
      });
      if (answer === null) {
        return;
      }
      this.answer = answer;
      this.drawn = answer.taken.at(-1);
      this.show();
    }
    this.asked();
  }

  show() {
    if (this.answer === null) {
      return;
    }
    this.find('.picture').hidden = false;
    const { taken, ended } = this.answer;
    this.find('.written').replaceChildren(make('span', { className: 'given' }, this.prompt), ' ',
      ...taken.map(({ text }, index) =>
        make('span', { className: index === taken.length - 1 ? 'token new' : 'token' }, text)));
    for (const name of ['.roll', '.rolls']) {
      this.find(name).disabled = ended;
    }
    const said = this.drawn === null ? '' : this.text('explorer.drawn', { token: this.drawn.text });
    say(this.find('.drawn'), ended ? `${said} ${this.text('explorer.ended')}` : said);
    this.move();
  }

  /** The sides under the temperature and top-p of the moment. */
  move() {
    const sides = this.sides;
    say(this.find('output.temperature'), this.page.messages.figure(Number(this.field('temperature').value)));
    say(this.find('output.topP'), this.share(Number(this.field('topP').value)));
    this.bars(this.find('.bars'), sides.choices.slice(0, SHOWN).map(({ id, text, probability, kept }) => ({
      key: id,
      name: shownToken(text),
      share: probability,
      label: kept ? this.share(probability) : this.text('explorer.leftOut'),
      kind: kept ? this.page.version : 'out',
    })));
    const rest = sides.choices.slice(SHOWN);
    const tokens = rest.length + sides.others.tokens;
    say(this.find('.others'), tokens === 0 ? '' : this.text('explorer.others', {
      tokens: this.page.messages.whole(tokens),
      kept: this.page.messages.whole(rest.filter(({ kept }) => kept).length + sides.others.kept),
      share: this.share(rest.reduce((sum, { probability }) => sum + probability, sides.others.probability)),
    }));
  }
}
