// Charts, drawn by ECharts, which is fetched with the first chart that there is to draw.
import { make } from './dom.js';

const LIBRARY = 'echarts-6.0.0.min.js';
const dark = matchMedia('(prefers-color-scheme: dark)');
const touch = matchMedia('(pointer: coarse)');
const COLOURS = {
  light: ['#1857c4', '#b3470b', '#1b7f45', '#8a3fb5', '#b3261e', '#5a6472'],
  dark: ['#7db0ff', '#f2a25c', '#6fd39b', '#d29bf2', '#ff8f86', '#9aa4b2'],
};

/** Calls `redraw` when the visitor's colours change: ECharts takes its theme once. */
export const onColoursChanged = redraw => dark.addEventListener('change', redraw);

let library = null;

/** ECharts; a library that did not come is asked for again with the next chart. */
function echarts() {
  library ??= new Promise((resolve, reject) => {
    const script = make('script', { src: new URL(LIBRARY, import.meta.url) });
    script.addEventListener('load', () => resolve(window.echarts));
    script.addEventListener('error', () => {
      library = null;
      reject(new Error(`${LIBRARY} does not come`));
    });
    document.head.append(script);
  });
  return library;
}

const palette = () => (dark.matches ? COLOURS.dark : COLOURS.light);

/** What all charts have in common. */
const BASE = { animation: false, backgroundColor: 'transparent' };

/**
 * Curves over the steps of runs, with what people do to them: smooth, logarithmic axis, the same range of steps and the same
 * pointer in all charts of a page. `canvas` is the element to show, `onRange([from, to] or null)` is told of a drag, and
 * `onStep(step or null)` of where the pointer stands in this one.
 */
export class StepsChart {
  constructor(messages, onRange, onStep) {
    this.messages = messages;
    this.onRange = onRange;
    this.onStep = onStep;
    this.canvas = make('div', { className: 'chart', role: 'img' });
    this.chart = null;
    this.shown = null;
  }

  /** Shows `lines`: `{name, points, faint, colour, dashed}`; the canvas must be on the page. */
  async show(lines, { logarithmic, range }, label) {
    this.shown = { lines, logarithmic, range };
    this.canvas.setAttribute('aria-label', label);
    const library = await echarts();
    if (!this.canvas.isConnected) {
      return;
    }
    this.chart ??= this.begin(library);
    this.chart.setOption(this.option(), { replaceMerge: ['series'] });
    if (!touch.matches) { // there a drag is for scrolling
      this.chart.dispatchAction({ type: 'takeGlobalCursor', key: 'dataZoomSelect', dataZoomSelectActive: true });
    }
  }

  begin(library) {
    const chart = library.init(this.canvas, dark.matches ? 'dark' : null, { renderer: 'svg' });
    chart.group = 'steps';
    library.connect('steps');
    chart.on('datazoom', event => {
      const { startValue, endValue } = event.batch?.[0] ?? {};
      if (startValue !== undefined) {
        this.onRange([Math.round(startValue), Math.round(endValue)]);
      }
    });
    chart.getZr().on('mousemove', ({ offsetX }) => this.onStep(chart.convertFromPixel({ xAxisIndex: 0 }, offsetX)));
    chart.getZr().on('globalout', () => this.onStep(null));
    chart.getZr().on('dblclick', () => this.onRange(null));
    return chart;
  }

  option() {
    const { lines, logarithmic, range } = this.shown;
    const figure = value => this.messages.figure(value);
    const colours = palette();
    const line = ({ name, points, colour, dashed }, faint) => ({
      type: 'line',
      name,
      data: points,
      silent: faint,
      showSymbol: points.length === 1,
      symbolSize: 5,
      itemStyle: { color: colours[colour % colours.length] },
      lineStyle: { width: faint ? 1 : 1.6, type: dashed ? [6, 3] : 'solid', opacity: faint ? 0.25 : 1 },
      emphasis: { disabled: true },
    });
    return {
      ...BASE,
      legend: { show: false },
      grid: { left: 8, right: 16, top: 12, bottom: 4, containLabel: true },
      toolbox: { show: true, itemSize: 0, feature: { dataZoom: { yAxisIndex: false, icon: { zoom: 'path://', back: 'path://' } } } },
      tooltip: { trigger: 'axis', showContent: false, axisPointer: { type: 'line', snap: false } },
      xAxis: {
        type: 'value',
        min: range?.[0] ?? 'dataMin',
        max: range?.[1] ?? 'dataMax',
        splitNumber: 4,
        splitLine: { show: false },
        axisLabel: { formatter: figure, hideOverlap: true },
      },
      yAxis: {
        type: logarithmic ? 'log' : 'value',
        scale: true,
        min: null,
        splitNumber: 3,
        axisLabel: { formatter: figure, hideOverlap: true },
      },
      series: [
        ...lines.map(each => line(each, false)),
        ...lines.filter(({ faint }) => faint).map(each => line({ ...each, points: each.faint }, true)),
      ],
    };
  }

  /** The chart as a PNG on the page's own ground, in twice the size. */
  async picture() {
    const library = await echarts();
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const chart = library.init(make('div'), dark.matches ? 'dark' : null, { renderer: 'canvas', width, height });
    chart.setOption({
      ...this.option(),
      legend: { show: true, top: 0, data: this.shown.lines.map(({ name }) => name) },
      grid: { left: 8, right: 16, top: 40, bottom: 8, containLabel: true },
    });
    const address = chart.getDataURL({
      type: 'png', pixelRatio: 2, backgroundColor: getComputedStyle(document.body).backgroundColor, excludeComponents: ['toolbox'],
    });
    chart.dispose();
    return address;
  }

  resize() {
    this.chart?.resize();
  }

  /** Gives back what it holds; it can be shown again. */
  remove() {
    this.chart?.dispose();
    this.chart = null;
  }
}

const escaped = text => text.replace(/[&<>"]/g, sign => `&#${sign.charCodeAt(0)};`);

/** Several curves over one quantity, told apart by colour and dashes; `canvas` is the element to show. */
export class CurvesChart {
  constructor(quantity, messages) {
    this.quantity = quantity;
    this.messages = messages;
    this.canvas = make('div', { className: 'chart', role: 'img' });
    this.chart = null;
  }

  /** Shows curves `{name, points}`, a place `{at, text}` or null, and says `label`; the canvas must be on the page. */
  async show(curves, place, label) {
    this.canvas.setAttribute('aria-label', label);
    const library = await echarts();
    this.chart ??= library.init(this.canvas, dark.matches ? 'dark' : null, { renderer: 'svg' });
    const figure = value => this.messages.figure(value);
    const mark = {
      symbol: 'none',
      lineStyle: { type: 'solid', width: 1 },
      label: { formatter: place?.text, position: 'insideEndTop' },
      data: place ? [{ xAxis: place.at }] : [],
    };
    this.chart.setOption({
      ...BASE,
      legend: { top: 0 },
      grid: { left: 8, right: 24, top: 36, bottom: 28, containLabel: true },
      tooltip: { trigger: 'item', confine: true, formatter: ({ seriesName, value }) => `${escaped(seriesName)} ${figure(value[1])}` },
      xAxis: {
        type: 'value',
        name: this.quantity,
        nameLocation: 'middle',
        nameGap: 26,
        splitLine: { show: false },
        axisLabel: { formatter: figure },
      },
      yAxis: { type: 'value', scale: true, splitNumber: 4, axisLabel: { formatter: figure } },
      series: curves.map(({ name, points }, index) => ({
        type: 'line',
        name,
        data: points,
        symbolSize: 6,
        lineStyle: { width: 2, type: index === 0 ? 'solid' : 'dashed' },
        ...(index === 0 ? { markLine: mark } : {}),
      })),
    });
  }

  resize() {
    this.chart?.resize();
  }

  remove() {
    this.chart?.dispose();
    this.chart = null;
  }
}

/** Hands a file to the visitor; `address` is that of its content. */
export function download(address, name) {
  const link = make('a', { href: address, download: name });
  document.body.append(link);
  link.click();
  link.remove();
}
