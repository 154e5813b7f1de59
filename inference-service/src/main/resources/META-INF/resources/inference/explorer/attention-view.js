// What a token takes from which, by layer and head: arcs above a sentence.
import { make, say } from '../../alignstream/dom.js';
import { arcs, rows, strongest } from './picture-model.js';
import { Panel } from './panel.js';

const SVG = 'http://www.w3.org/2000/svg';
const HEIGHT = 190;
const LISTED = 6;

export class AttentionPanel extends Panel {
  constructor(page) {
    super('attention', page);
    this.answer = null;
    this.selected = 0;
    this.field('text').value = 'The animal didn\'t cross the street because it was too tired.';
    this.field('layer').addEventListener('change', () => this.look(true));
    this.field('head').addEventListener('change', () => this.move());
    new ResizeObserver(() => this.draw()).observe(this.find('.tokens'));
  }

  /** Asks for one layer; `again` if the sentence stays and what is selected with it. */
  async look(again = false) {
    this.asking();
    const layer = again && this.answer !== null ? Number(this.field('layer').value) : 0;
    const answer = await this.ask('attention', { text: this.field('text').value, layer });
    if (answer === null) {
      return;
    }
    this.asked();
    const same = again && answer.tokens.join('\n') === this.answer.tokens.join('\n');
    this.answer = answer;
    if (!same) {
      const it = answer.tokens.findLastIndex(token => /^\s*(it|它)$/.test(token));
      this.selected = it >= 0 ? it : answer.tokens.length - 1;
    }
    this.show();
  }

  versionChanged() {
    this.look(true);
  }

  show() {
    if (this.answer === null) {
      return;
    }
    this.find('.picture').hidden = false;
    const { tokens, layers, heads, layer } = this.answer;
    this.options(this.field('layer'), [...Array(layers).keys()].map(index => [index, String(index + 1)]), layer);
    const head = this.field('head').value === '' ? -1 : Math.min(Number(this.field('head').value), heads - 1);
    this.options(this.field('head'),
      [[-1, this.text('explorer.meanHead')], ...[...Array(heads).keys()].map(index => [index, String(index + 1)])], head);
    this.find('.tokens').replaceChildren(...tokens.map((token, index) => make('button', {
      type: 'button',
      className: 'token',
      tabIndex: index === this.selected ? 0 : -1,
      'aria-pressed': String(index === this.selected),
      on: {
        click: () => this.select(index),
        keydown: event => this.step(event, index),
      },
    }, token.replace(/^ $/, '␣').trim() || '␣')));
    this.move();
  }

  options(select, options, chosen) {
    select.replaceChildren(...options.map(([value, name]) => make('option', { value, selected: value === chosen }, name)));
    select.value = String(chosen);
  }

  step(event, index) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const next = this.find('.tokens').children[index + (step ?? 0)];
    if (step !== undefined && next) {
      event.preventDefault();
      next.focus();
      this.select(index + step);
    }
  }

  select(index) {
    this.selected = index;
    [...this.find('.tokens').children].forEach((token, place) => {
      token.setAttribute('aria-pressed', String(place === index));
      token.tabIndex = place === index ? 0 : -1;
    });
    this.move();
  }

  move() {
    const { tokens } = this.answer;
    this.row = rows(this.answer.weights, Number(this.field('head').value))[this.selected];
    const most = strongest(this.row, LISTED);
    say(this.find('.said'), this.text('explorer.takes', {
      token: tokens[this.selected].trim(), most: tokens[most[0].place].trim(), share: this.share(most[0].weight),
    }));
    this.bars(this.find('.bars'), most.map(({ place, weight }) => ({
      key: place, name: `${tokens[place].trim() || '␣'} · ${place + 1}`, share: weight, label: this.share(weight), kind: this.page.version,
    })));
    this.draw();
    this.reveal();
  }

  /** On a narrow page the sentence is scrolled to what is selected. */
  reveal() {
    const region = this.find('.arcs');
    const token = this.find('.tokens').children[this.selected];
    const left = token.offsetLeft - region.scrollLeft;
    if (left < 0 || left + token.offsetWidth > region.clientWidth) {
      region.scrollLeft = token.offsetLeft + token.offsetWidth / 2 - region.clientWidth / 2;
    }
  }

  /** Arcs above the tokens where they stand now. */
  draw() {
    const buttons = [...this.find('.tokens').children];
    if (buttons.length === 0 || this.row === undefined) {
      return;
    }
    const svg = this.find('svg');
    const width = Math.max(...buttons.map(button => button.offsetLeft + button.offsetWidth));
    svg.setAttribute('width', width);
    svg.setAttribute('height', HEIGHT);
    const middles = buttons.map(button => button.offsetLeft + button.offsetWidth / 2);
    svg.replaceChildren(...arcs(this.row, this.selected, middles, HEIGHT).map(({ d, weight }) => {
      const path = document.createElementNS(SVG, 'path');
      path.setAttribute('d', d);
      path.setAttribute('stroke-width', (1 + 9 * weight).toFixed(1));
      path.setAttribute('stroke-opacity', (0.15 + 0.85 * weight).toFixed(2));
      return path;
    }));
    buttons.forEach((button, place) => {
      button.style.setProperty('--taken', `${Math.round(100 * (this.row[place] ?? 0))}%`);
      button.classList.toggle('later', place > this.selected);
    });
  }
}
