// The lineage page: draws what an answer comes from.
import { get, reasonOf } from '../alignstream/api.js';
import { metricName } from '../alignstream/dashboard-model.js';
import { element, make } from '../alignstream/dom.js';
import { otherLanguage, pageMessages, translate } from '../alignstream/language.js';
import { arrows, dataName, groupName, groups, modelName, ranges, responseId } from './lineage-model.js';

const SVG = 'http://www.w3.org/2000/svg';
const LANE = 12;
const SHORT = 12;

class LineagePage {
  constructor(messages) {
    this.messages = messages;
    this.lineage = null;
    this.problem = null;
  }

  start() {
    element('form').addEventListener('submit', event => {
      event.preventDefault();
      const id = responseId(element('response').value);
      history.pushState(null, '', `?response=${encodeURIComponent(id)}`);
      this.read(id);
    });
    element('language').addEventListener('click', async () => {
      this.messages = await otherLanguage(this.messages);
      this.show();
    });
    addEventListener('popstate', () => this.readAddress());
    new ResizeObserver(() => this.drawArrows()).observe(element('rows'));
    this.show();
    this.readAddress();
  }

  readAddress() {
    const id = new URLSearchParams(location.search).get('response') ?? '';
    element('response').value = id;
    if (id) {
      this.read(id);
    }
  }

  async read(id) {
    this.lineage = null;
    this.problem = { code: 'lineage.reading' };
    this.show();
    try {
      this.lineage = await get(`v1/lineage/${encodeURIComponent(id)}`);
      this.problem = null;
    } catch (problem) {
      this.problem = reasonOf(problem);
    }
    this.show();
  }

  text(code, values) {
    return this.messages.text(code, values);
  }

  show() {
    translate(document, this.messages);
    document.title = `${this.text('lineage.title')} · Alignstream`;
    element('problem').textContent = this.problem ? this.messages.said(this.problem) : '';
    element('picture').hidden = !this.lineage;
    const rows = this.lineage ? [this.answer(), ...this.lineage.models.map(model => this.row(model))] : [];
    element('rows').replaceChildren(...rows);
    this.drawArrows();
  }

  answer() {
    const { responseId: id, exchange } = this.lineage;
    const said = exchange
      ? [make('p', { className: 'question', dir: 'auto' }, exchange.messages.at(-1).content),
        make('p', { className: 'said', dir: 'auto' }, exchange.answer)]
      : [make('p', { className: 'hint' }, this.text('lineage.forgotten'))];
    return make('li', {}, make('article', { className: 'node answer' },
      make('h2', {}, this.text('lineage.answer')), ...said, make('p', { className: 'hint' }, make('code', {}, id))));
  }

  row(model) {
    return make('li', { id: `model-${model.sha256.slice(0, SHORT)}` }, this.model(model),
      make('div', { className: 'data' }, ...model.datasets.map(dataset => this.dataset(dataset))));
  }

  model(model) {
    const node = make('article', { className: 'node model', data: { stage: model.stage } },
      make('h2', {}, this.text(modelName(model.stage))),
      make('p', {}, make('code', { title: `sha256 ${model.sha256}` }, model.sha256.slice(0, SHORT)),
        model.run ? ` · ${this.text('lineage.run', { run: model.run })}` : ''));
    if (model === this.lineage.models[0]) {
      node.append(...this.verdict());
    }
    if (model.problem) {
      node.append(make('p', { className: 'failure' }, this.messages.said(model.problem)));
    }
    const parents = this.lineage.models.filter(({ sha256 }) => Object.values(model.parents).includes(sha256));
    if (parents.length > 0) {
      node.append(make('p', {}, `${this.text('lineage.madeFrom')} `, ...parents.flatMap((parent, index) => [
        index > 0 ? ' · ' : '',
        make('a', { href: `#model-${parent.sha256.slice(0, SHORT)}` }, this.text(modelName(parent.stage)))])));
    }
    node.append(...this.figures('lineage.figures', model.figures), this.links([
      ['lineage.manifest', model.manifest], ['lineage.page', model.page]]));
    return node;
  }

  verdict() {
    const { verdict, reason, decidedBy, figures } = this.lineage.release;
    const by = decidedBy ? this.text('lineage.byPerson', { name: decidedBy }) : this.text('lineage.byGate');
    return [
      make('p', {}, make('span', { className: 'state', data: { verdict } }, this.messages.name('verdict', verdict)),
        ` ${by}`),
      make('p', {}, this.messages.said(reason)),
      ...this.figures('lineage.gateFigures', figures),
    ];
  }

  figures(title, figures) {
    const names = Object.keys(figures);
    if (names.length === 0) {
      return [];
    }
    return [make('details', {}, make('summary', {}, this.text(title)), make('dl', {}, ...names.map(name =>
      make('div', {}, make('dt', {}, metricName(name, this.messages)),
        make('dd', {}, this.messages.figure(figures[name]))))))];
  }

  dataset({ topic, partitions, offsets, counts, events, problem }) {
    const number = counts
      ? this.text(counts.whole ? 'lineage.events' : 'lineage.someEvents',
        { events: this.messages.whole(counts.events), offsets: this.messages.whole(offsets) })
      : this.text('lineage.offsets', { offsets: this.messages.whole(offsets) });
    return make('article', { className: 'node dataset' },
      make('h3', {}, this.text(dataName(topic))),
      make('p', { className: 'number' }, number),
      ...groups(counts).map(group => this.group(group)),
      ...(problem ? [make('p', { className: 'failure' }, this.messages.said(problem))] : []),
      make('p', { className: 'hint' }, make('code', {}, `${topic} ${ranges(partitions)}`)),
      this.links([['lineage.firstEvents', events]]));
  }

  group({ label, values, others }) {
    const most = Math.max(...values.map(([, number]) => number));
    const lines = values.map(([value, number]) => make('tr', {}, make('td', { dir: 'auto' }, value),
      make('td', { className: 'number' }, this.messages.whole(number)),
      make('td', { className: 'bar', 'aria-hidden': 'true' },
        make('span', { style: { inlineSize: `${Math.max(2, 100 * number / most)}%` } }))));
    if (others > 0) {
      lines.push(make('tr', {}, make('td', {}, this.text('lineage.others')),
        make('td', { className: 'number' }, this.messages.whole(others)), make('td', {})));
    }
    return make('details', { open: values.length <= 8 },
      make('summary', {}, `${this.text(groupName(label))} (${this.messages.whole(values.length)})`),
      make('table', {}, make('tbody', {}, ...lines)));
  }

  links(links) {
    return make('p', { className: 'links' }, ...links.filter(([, href]) => href)
      .map(([code, href]) => make('a', { href }, this.text(code))));
  }

  /** Arrows from what was made to what it was made from: down to the next row, or around to a later one. */
  drawArrows() {
    const picture = element('arrows');
    picture.replaceChildren();
    if (!this.lineage) {
      return;
    }
    const origin = element('picture').getBoundingClientRect();
    const boxes = [...document.querySelectorAll('#rows > li > :first-child')].map(node => {
      const box = node.getBoundingClientRect();
      return { left: box.left - origin.left, top: box.top - origin.top, bottom: box.bottom - origin.top };
    });
    for (const { from, to, lane } of arrows(this.lineage.models)) {
      const start = boxes[from];
      const end = boxes[to];
      const way = lane === 0
        ? `M ${start.left + 10} ${start.bottom} V ${end.top - 2}`
        : around(start, end, start.left - lane * LANE, to - from);
      const line = document.createElementNS(SVG, 'path');
      line.setAttribute('d', way);
      line.setAttribute('marker-end', 'url(#head)');
      picture.append(line);
    }
  }
}

/** Ends above the middle of a card, the further the arrow comes from the higher, so that no two heads meet. */
function around(start, end, x, length) {
  const y = start.top + 18 + length * 4;
  const target = end.top + 30 - length * 4;
  return `M ${start.left} ${y} C ${x} ${y} ${x} ${y} ${x} ${y + 12} V ${target - 12} `
    + `C ${x} ${target} ${x} ${target} ${end.left - 2} ${target}`;
}

new LineagePage(await pageMessages).start();
