// The page of model cards: shows one, and switches between releases.
import { get, reasonOf } from '../alignstream/api.js';
import { element, make } from '../alignstream/dom.js';
import { otherLanguage, pageMessages, translate } from '../alignstream/language.js';
import { cell, chosen, listed, numeric, reliability } from './card-model.js';

const SVG = 'http://www.w3.org/2000/svg';
const SIZE = 200;

class CardPage {
  constructor(messages) {
    this.messages = messages;
    this.releases = [];
    this.run = null;
    this.shown = null;
    this.problem = null;
  }

  async start() {
    element('release').addEventListener('change', ({ target }) => {
      history.pushState(null, '', `?run=${encodeURIComponent(target.value)}`);
      this.read(target.value);
    });
    element('form').addEventListener('submit', event => event.preventDefault());
    element('language').addEventListener('click', async () => {
      this.messages = await otherLanguage(this.messages);
      this.show();
    });
    addEventListener('popstate', () => this.readAddress());
    this.show();
    try {
      this.releases = await get('cards');
      this.readAddress();
    } catch (problem) {
      this.problem = reasonOf(problem);
      this.show();
    }
  }

  readAddress() {
    const run = chosen(new URLSearchParams(location.search).get('run'), this.releases);
    if (run === null) {
      this.problem = { code: 'card.noReleases' };
      this.show();
    } else {
      this.read(run);
    }
  }

  async read(run) {
    this.run = run;
    this.shown = null;
    this.problem = { code: 'card.reading' };
    this.show();
    let shown = null;
    let problem = null;
    try {
      shown = await get(`cards/${encodeURIComponent(run)}`);
    } catch (failure) {
      problem = reasonOf(failure);
    }
    if (this.run === run) { // nothing else was chosen meanwhile
      this.shown = shown;
      this.problem = problem;
      this.show();
    }
  }

  show() {
    const { messages } = this;
    translate(document, messages);
    document.title = `${messages.text('card.page')} · Alignstream`;
    element('problem').textContent = this.problem ? messages.said(this.problem) : '';
    element('release').replaceChildren(...this.releases.map(release => listed(release, messages))
      .map(({ run, text }) => make('option', { value: run, selected: run === this.run }, text)));
    element('download').hidden = !this.shown;
    element('card').hidden = !this.shown;
    if (this.shown) {
      element('download').href = `cards/${encodeURIComponent(this.run)}/README.md?language=${messages.language}`;
      element('card').replaceChildren(make('h2', { className: 'name' }, this.shown.card.name),
        ...this.shown.sections.map(section => this.section(section)));
    }
  }

  section({ title, blocks }) {
    const made = make('section', {}, make('h2', {}, this.messages.text(title)),
      ...blocks.map(block => (block.table ? this.table(block.table) : make('p', {}, this.messages.said(block.said)))));
    const bins = title === 'card.section.limits' ? this.shown.card.limits?.calibration.bins ?? [] : [];
    if (bins.length > 0) {
      made.append(this.picture(bins));
    }
    return made;
  }

  table(table) {
    const classes = numeric(table).map(numbers => (numbers ? 'number' : ''));
    return make('div', { className: 'wide', tabIndex: 0, role: 'group' }, make('table', {},
      make('thead', {}, make('tr', {}, ...table.head.map((code, column) =>
        make('th', { scope: 'col', className: classes[column] }, this.messages.text(code))))),
      make('tbody', {}, ...table.rows.map(row => make('tr', {}, ...row.map((each, column) =>
        make('td', { className: classes[column], dir: 'auto' }, cell(each, this.messages))))))));
  }

  /** Bars are shares of right answers, the line is where they would be if the probabilities were true. */
  picture(bins) {
    const drawn = (name, attributes) => {
      const made = document.createElementNS(SVG, name);
      Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
      return made;
    };
    const svg = drawn('svg', { viewBox: `-1 -1 ${SIZE + 2} ${SIZE + 2}`, role: 'img' });
    const title = drawn('title', {});
    title.textContent = this.messages.text('card.calibrationPicture');
    svg.append(title, drawn('rect', { class: 'frame', x: 0, y: 0, width: SIZE, height: SIZE }),
      ...reliability(bins, SIZE).map(({ x, width, height }) =>
        drawn('rect', { class: 'bar', x: x + 1, y: SIZE - height, width: width - 2, height })),
      drawn('line', { class: 'diagonal', x1: 0, y1: SIZE, x2: SIZE, y2: 0 }));
    return make('figure', {}, svg, make('figcaption', {}, this.messages.text('card.calibrationPicture')));
  }
}

new CardPage(await pageMessages).start();
