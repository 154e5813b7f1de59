// The charts of a stage: which runs, how they are drawn, five of them unfolded; and how runs differ.
import { get } from './api.js';
import { download, onColoursChanged, StepsChart } from './chart.js';
import {
  canBeLogarithmic, chartsOf, chosen, csv, curveName, curvesOf, differences, explanation, fileName, isHeldOut, kindLine,
  runRow, smoothed, valueAtStep,
} from './charts-model.js';
import { element, every, make, say } from './dom.js';
import { showSamples } from './samples-view.js';

/** Runs that are drawn at once. */
const MOST_RUNS = 4;

/** A chart with its name, its explanation and what can be done with it. */
class Figure {
  constructor(id, section) {
    this.id = id;
    this.section = section;
    const { messages } = section;
    this.chart = new StepsChart(messages, range => section.zoom(range), step => section.point(step));
    this.newest = make('output', { title: messages.text('charts.newest') });
    this.legend = make('ul', { className: 'legend' });
    this.name = make('span', {});
    this.kind = make('small', {});
    this.about = make('dl', {});
    const tool = (code, act) => make('button', { type: 'button', className: 'tool', on: { click: act } }, messages.text(code));
    this.large = tool('charts.enlarge', () => this.enlarge());
    this.large.setAttribute('aria-pressed', 'false');
    this.tools = [
      this.large,
      tool('charts.png', () => this.picture()),
      tool('charts.csv', () => this.table()),
    ];
    this.box = make('figure', {},
      make('figcaption', {},
        make('details', {}, make('summary', {}, this.name, ' ', this.newest), this.about,
          make('p', { className: 'tools' }, ...this.tools)),
        this.kind),
      this.legend,
      this.chart.canvas);
  }

  async show(metrics, curves) {
    const { messages, drawing, runs } = this.section;
    this.curves = curves;
    say(this.name, messages.name('metric', metrics[0]));
    say(this.kind, kindLine(metrics[0], messages));
    if (this.about.dataset.of !== metrics.join()) {
      this.about.dataset.of = metrics.join();
      this.about.replaceChildren(...metrics.map(metric => make('div', {},
        make('dt', {}, `${messages.name('metric', metric)} · ${kindLine(metric, messages)}`),
        make('dd', {}, explanation(metric, messages)))));
    }
    const several = runs.length > 1;
    const lines = curves.map((curve, index) => ({
      name: curveName(curve, curves, messages),
      points: smoothed(curve.points, drawing.smoothing),
      faint: drawing.smoothing > 0 ? curve.points : null,
      colour: several ? runs.findIndex(({ run }) => run === curve.run) : index,
      dashed: isHeldOut(curve.metric),
    }));
    this.showLegend(lines);
    this.point(this.section.step);
    const label = [messages.name('metric', metrics[0]), ...curves.map(curve =>
      `${curveName(curve, curves, messages)} ${messages.figure(curve.points.at(-1)[1])}`),
    messages.text('charts.step', { step: curves[0].points.at(-1)[0] })].join(', ');
    await this.chart.show(lines, {
      logarithmic: drawing.logarithmic && canBeLogarithmic(curves), range: drawing.range,
    }, label);
  }

  /** One curve alone is told by the chart's name. */
  showLegend(lines) {
    this.legend.hidden = lines.length < 2;
    this.values = lines.map(() => make('output', {}));
    this.legend.replaceChildren(...lines.map((line, index) => make('li', {},
      make('span', { className: line.dashed ? 'stroke dashed' : 'stroke', 'aria-hidden': 'true', data: { colour: line.colour } }),
      line.name, ' ', this.values[index])));
  }

  /** Says the values where the pointer stands, or the newest ones. */
  point(step) {
    const { messages } = this.section;
    const values = this.curves.map(({ points }) => (step === null ? points.at(-1)[1] : valueAtStep(points, step)));
    const said = values.map(value => (value === undefined ? '–' : messages.figure(value)));
    say(this.newest, step === null ? said[0] : `${said[0]} · ${messages.text('charts.step', { step: Math.round(step) })}`);
    this.values.forEach((output, index) => say(output, said[index]));
  }

  enlarge() {
    const large = this.box.classList.toggle('large');
    this.large.setAttribute('aria-pressed', String(large));
    this.chart.resize();
  }

  async picture() {
    download(await this.chart.picture(), this.file('png'));
  }

  table() {
    this.section.save(this.curves, this.file('csv'));
  }

  file(suffix) {
    return fileName(this.section.runs.map(({ run }) => run), this.id, suffix);
  }
}

/** The section of the page. */
export class ChartsSection {
  constructor(messages) {
    this.messages = messages;
    this.all = [];
    this.shown = [];
    this.followed = true;
    this.runs = [];
    this.settings = new Map();
    this.figures = new Map();
    this.drawing = { smoothing: 0, logarithmic: false, range: null };
    this.step = null;
    this.isRunning = false;
  }

  start() {
    element('smoothing').addEventListener('input', event => {
      this.drawing.smoothing = Number(event.target.value);
      say(element('smoothing-value'), this.messages.share(this.drawing.smoothing));
      this.draw();
    });
    element('logarithmic').addEventListener('change', event => {
      this.drawing.logarithmic = event.target.checked;
      this.draw();
    });
    for (const id of ['from-step', 'to-step']) {
      element(id).addEventListener('change', () => this.zoomByFields());
    }
    element('whole-range').addEventListener('click', () => this.zoom(null));
    element('all-csv').addEventListener('click', () => this.save(
      this.runs.flatMap(run => run.curves.map(curve => ({ run: run.run, ...curve }))),
      fileName(this.runs.map(({ run }) => run), 'all', 'csv')));
    element('more-charts').addEventListener('toggle', () => this.draw());
    addEventListener('resize', () => this.figures.forEach(({ chart }) => chart.resize()));
    onColoursChanged(() => {
      this.figures.forEach(({ chart }) => chart.remove());
      this.draw();
    });
    every(2, () => this.refresh());
  }

  /** The page knows whether the newest run still runs. */
  tell(isRunning) {
    this.isRunning = isRunning;
  }

  async refresh() {
    this.all = await get('runs');
    const known = this.all.map(({ run }) => run);
    if (this.followed || !this.shown.some(run => known.includes(run))) {
      this.shown = known.slice(0, 1);
    }
    this.showRuns();
    await this.fetchShown();
  }

  /** Fetches what of the shown runs has changed since, and draws it. */
  async fetchShown() {
    const wanted = this.all.filter(({ run }) => this.shown.includes(run));
    const before = new Map(this.runs.map(run => [run.run, run]));
    let news = this.runs.length !== wanted.length;
    this.runs = await Promise.all(wanted.map(async told => {
      const have = before.get(told.run);
      if (have && have.changed === told.changed) {
        return have;
      }
      news = true;
      return get(`runs/${encodeURIComponent(told.run)}`);
    }));
    if (news) {
      this.draw();
      showSamples(this.runs, this.messages);
      await this.compare();
    }
  }

  showRuns() {
    const rows = this.all.map((run, index) => runRow(run, index === 0 && this.isRunning, this.messages));
    const told = JSON.stringify([rows, this.shown]);
    if (told === this.told) {
      return; // a table built anew takes the focus away from its boxes
    }
    this.told = told;
    element('runs-section').hidden = rows.length === 0;
    const focused = document.activeElement?.dataset?.run;
    element('runs').replaceChildren(...rows.map(row => this.row(row)));
    if (focused !== undefined) {
      element('runs').querySelector(`[data-run="${CSS.escape(focused)}"]`)?.focus();
    }
  }

  row(row) {
    const isShown = this.shown.includes(row.run);
    const box = make('input', {
      type: 'checkbox',
      checked: isShown,
      data: { run: row.run },
      'aria-label': this.messages.text('runs.show', { run: row.run }),
      on: { change: event => this.choose(row.run, event.target.checked) },
    });
    const cell = (code, ...content) => make('td', { data: { label: this.messages.text(code) } }, ...content);
    return make('tr', {},
      cell('runs.shown', box, make('span', {
        className: 'swatch', 'aria-hidden': 'true', data: { colour: isShown && this.shown.length > 1 ? this.place(row.run) : '' },
      })),
      cell('checkpoint.run', make('code', {}, row.run), make('p', { className: 'hint' }, row.title)),
      cell('runs.state', make('span', { className: 'state', data: { state: row.outcome } }, row.state)),
      cell('runs.begun', make('time', { dateTime: row.begun }, this.messages.time(row.begun))),
      cell('job.step', row.steps));
  }

  /** Runs are drawn in the order of the table. */
  place(run) {
    return this.all.filter(other => this.shown.includes(other.run)).findIndex(other => other.run === run);
  }

  choose(run, isShown) {
    this.shown = chosen(this.shown, run, isShown, MOST_RUNS);
    this.followed = this.shown.length === 1 && this.shown[0] === this.all[0]?.run;
    this.showRuns();
    this.fetchShown().catch(console.debug);
  }

  /** Draws the charts that can be seen. */
  draw() {
    const runs = this.runs.filter(({ curves }) => curves.length > 0);
    const charts = chartsOf(runs);
    element('no-charts').hidden = charts.length > 0;
    element('chart-tools').hidden = charts.length === 0;
    const folded = charts.filter(({ headline }) => !headline);
    element('more-charts').hidden = folded.length === 0;
    say(element('more-charts-summary'), this.messages.text('charts.more', { charts: folded.length }));
    const open = element('more-charts').open;
    const ids = charts.filter(({ headline }) => headline || open).map(({ id }) => id);
    for (const [id, figure] of this.figures) {
      if (!ids.includes(id)) {
        figure.chart.remove();
        figure.box.remove();
        this.figures.delete(id);
      }
    }
    charts.filter(({ id }) => ids.includes(id)).forEach(chart => this.drawOne(chart, runs));
  }

  drawOne(chart, runs) {
    if (!this.figures.has(chart.id)) {
      this.figures.set(chart.id, new Figure(chart.id, this));
    }
    const figure = this.figures.get(chart.id);
    const place = element(chart.headline ? 'charts' : 'folded-charts');
    if (figure.box.parentElement !== place) {
      place.append(figure.box);
    }
    figure.show(chart.metrics, curvesOf(chart, runs)).catch(console.debug);
  }

  /** The pointer stands at a step in one of the charts: all of them tell what they show there. */
  point(step) {
    this.step = step;
    this.figures.forEach(figure => figure.point(step));
  }

  zoom(range) {
    this.drawing.range = range;
    element('from-step').value = range?.[0] ?? '';
    element('to-step').value = range?.[1] ?? '';
    element('whole-range').disabled = range === null;
    this.draw();
  }

  zoomByFields() {
    const [from, to] = ['from-step', 'to-step'].map(id => element(id).value);
    const last = Math.max(1, ...this.runs.flatMap(({ curves }) => curves.map(({ points }) => points.at(-1)[0])));
    const range = [from === '' ? 0 : Number(from), to === '' ? last : Number(to)];
    this.zoom((from === '' && to === '') || range[0] >= range[1] ? null : range);
  }

  save(curves, name) {
    const { messages } = this;
    const header = [messages.text('job.step'), ...curves.map(({ run, phase, metric }) =>
      `${metric} (${phase})${this.runs.length > 1 ? ` ${run}` : ''}`)];
    const address = URL.createObjectURL(new Blob([csv(curves, header)], { type: 'text/csv' }));
    download(address, name);
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }

  /** Says how the settings of the shown runs differ. */
  async compare() {
    element('comparison').hidden = this.runs.length < 2;
    if (this.runs.length < 2) {
      return;
    }
    const settings = [];
    for (const { run } of this.runs) {
      const told = this.settings.get(run) ?? await get(`runs/${encodeURIComponent(run)}/settings`);
      if (Object.keys(told).length > 0) { // a run that has just begun may not have kept them yet
        this.settings.set(run, told);
      }
      settings.push(told);
    }
    const found = differences(settings);
    element('no-differences').hidden = found.length > 0;
    element('differences').closest('.scroll').hidden = found.length === 0;
    element('differences-head').replaceChildren(
      make('th', { scope: 'col' }, this.messages.text('runs.setting')),
      ...this.runs.map(({ run }) => make('th', { scope: 'col' }, make('code', {}, run))));
    element('differences').replaceChildren(...found.map(({ name, values }) => make('tr', {},
      make('th', { scope: 'row' }, make('code', {}, name)),
      ...values.map(value => make('td', {}, value ?? '–')))));
  }

}
