// One word in texts that mean two things by it: vectors that part with depth, or do not.
import { make, say } from '../../alignstream/dom.js';
import { chartPlace, fitted, line, verdict } from './picture-model.js';
import { lines } from './probability-model.js';
import { Panel, Player } from './panel.js';

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 480;
const HEIGHT = 360;
const MARGIN = 36;
const DEPTH_MILLISECONDS = 700;
const VERDICTS = {
  single: 'explorer.contexts.single',
  apart: 'explorer.contexts.apart',
  alike: 'explorer.contexts.alike',
};

export class ContextsPanel extends Panel {
  constructor(page) {
    super('contexts', page);
    this.answer = null;
    this.field('word').value = '苹果';
    this.field('first').value = '我在超市买了三斤苹果\n树上结满了红红的苹果\n妈妈削了一个甜甜的苹果';
    this.field('second').value = '发布新款手机的公司是苹果\n股价今天大涨的科技企业是苹果\n乔布斯创办了苹果';
    this.player = new Player(this.find('.play'), this.field('depth'), DEPTH_MILLISECONDS, () => this.move(),
      (code, values) => this.text(code, values));
  }

  async look() {
    this.asking();
    this.player.stop();
    const answer = await this.ask('contexts', {
      word: this.field('word').value,
      first: lines(this.field('first').value),
      second: lines(this.field('second').value),
    });
    if (answer === null) {
      return;
    }
    this.asked();
    this.answer = answer;
    this.find('.plane').replaceChildren();
    this.places = fitted(answer.word.paths, WIDTH, HEIGHT, MARGIN);
    const depths = answer.word.between.length;
    this.field('depth').max = depths - 1;
    this.field('depth').value = depths - 1;
    this.show();
  }

  show() {
    this.player.say();
    if (this.answer === null) {
      return;
    }
    const { places, word } = this.answer;
    this.find('.picture').hidden = false;
    this.find('.legend').replaceChildren(...places.map(({ first, tokens, from, to }) => make('li', {
      className: first ? 'one' : 'other',
    }, tokens.slice(0, from).join(''), make('mark', {}, tokens.slice(from, to).join('')), tokens.slice(to).join(''))));
    say(this.find('figcaption'), this.text('explorer.contexts.plane', { share: this.share(word.explained) }));
    say(this.find('.verdict'), this.text(VERDICTS[verdict(word)], {
      between: word.between.at(-1).toFixed(2),
      within: (word.within.at(-1) ?? 1).toFixed(2),
    }));
    this.move();
  }

  move() {
    const depth = Number(this.field('depth').value);
    const { between, within } = this.answer.word;
    const said = this.text('explorer.contexts.depth', {
      depth, depths: between.length - 1, between: between[depth].toFixed(2),
    });
    say(this.find('output.depth'), said);
    this.field('depth').setAttribute('aria-valuetext', said);
    this.plane(depth);
    this.curves(depth, between, within);
    this.find('.plane').setAttribute('aria-label', said);
    this.find('.curves').setAttribute('aria-label', said);
  }

  /** Where the word's vectors are at a depth, with their ways up to it. */
  plane(depth) {
    const svg = this.find('.plane');
    if (svg.childElementCount === 0) {
      svg.replaceChildren(...this.places.map(() => shape('path', { class: 'way' })),
        ...this.places.flatMap((_, index) => [this.point(index), shape('text', {})]));
    }
    this.places.forEach((path, index) => {
      const kind = this.answer.places[index].first ? 'one' : 'other';
      const [x, y] = path[depth];
      const way = svg.children[index];
      way.setAttribute('d', line(path.slice(0, depth + 1)));
      way.setAttribute('class', `way ${kind}`);
      const point = svg.children[this.places.length + 2 * index];
      point.setAttribute('class', `point ${kind}`);
      point.style.transform = `translate(${x}px, ${y}px)`;
      const label = point.nextSibling;
      label.textContent = index + 1;
      label.style.transform = `translate(${x}px, ${y}px)`;
    });
  }

  /** Round for the first meaning, square for the second: nobody has to tell colours apart. */
  point(index) {
    return this.answer.places[index].first
      ? shape('circle', { r: 11 })
      : shape('rect', { x: -10, y: -10, width: 20, height: 20 });
  }

  curves(depth, between, within) {
    const least = Math.min(0, ...between, ...within);
    const depths = between.length;
    const at = (place, cosine) => chartPlace(place, depths, cosine, least, WIDTH, HEIGHT, MARGIN);
    const curve = (values, kind) => shape('path', { class: `curve ${kind}`, d: line(values.map((v, i) => at(i, v))) });
    const [x] = at(depth, 0);
    const marks = [1, 0.5, 0].map(cosine => {
      const [, y] = at(0, cosine);
      return [shape('path', { class: 'grid', d: line([[MARGIN, y], [WIDTH - MARGIN, y]]) }),
        shape('text', { class: 'axis', x: MARGIN - 6, y: y + 4, 'text-anchor': 'end' }, String(cosine))];
    });
    const axis = [0, depths - 1].map(place =>
      shape('text', { class: 'axis', x: at(place, 0)[0], y: HEIGHT - 10, 'text-anchor': 'middle' }, String(place)));
    this.find('.curves').replaceChildren(...marks.flat(), ...axis,
      shape('path', { class: 'now', d: line([[x, MARGIN], [x, HEIGHT - MARGIN]]) }),
      ...(within.length > 0 ? [curve(within, 'within')] : []), curve(between, 'between'),
      shape('circle', { class: 'between', r: 5, cx: x, cy: at(depth, between[depth])[1] }));
  }
}

function shape(tag, attributes, text = '') {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  made.textContent = text;
  return made;
}
