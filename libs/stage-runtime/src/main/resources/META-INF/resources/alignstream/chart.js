// Charts, drawn by ECharts: one metric over the steps of a run, or several curves over something else.
import { make, say } from './dom.js';

const dark = matchMedia('(prefers-color-scheme: dark)');

/** Calls `redraw` when the visitor's colours change: ECharts takes its theme once. */
export const onColoursChanged = redraw => dark.addEventListener('change', redraw);

/** A line with its newest value as caption; `box` is the element to show. */
export class LineChart {
  constructor(name, messages) {
    this.name = name;
    this.messages = messages;
    this.newest = make('output', { title: messages.text('charts.newest') });
    this.canvas = make('div', { className: 'chart', role: 'img' });
    this.box = make('figure', {}, make('figcaption', {}, make('span', {}, name), this.newest), this.canvas);
    this.chart = null;
  }

  /** Shows points `[step, value]`; the box must be on the page. */
  show(points) {
    this.chart ??= this.begin();
    const [step, value] = points.at(-1);
    const figure = this.messages.figure(value);
    say(this.newest, figure);
    this.canvas.setAttribute('aria-label',
      `${this.name}: ${figure}, ${this.messages.text('charts.step', { step })}`);
    this.chart.setOption({ series: [{ data: points, showSymbol: points.length === 1 }] });
  }

  begin() {
    const figure = value => this.messages.figure(value);
    const chart = window.echarts.init(this.canvas, dark.matches ? 'dark' : null, { renderer: 'svg' });
    chart.setOption({
      animation: false,
      backgroundColor: 'transparent',
      grid: { left: 8, right: 16, top: 12, bottom: 4, containLabel: true },
      tooltip: {
        trigger: 'axis',
        confine: true,
        formatter: ([point]) =>
          `${this.messages.text('charts.step', { step: point.value[0] })}<br>${figure(point.value[1])}`,
      },
      xAxis: { type: 'value', min: 'dataMin', max: 'dataMax', splitNumber: 4, splitLine: { show: false } },
      yAxis: { type: 'value', scale: true, splitNumber: 3, axisLabel: { formatter: figure } },
      series: [{ type: 'line', showSymbol: false, lineStyle: { width: 1.5 } }],
    });
    return chart;
  }

  resize() {
    this.chart?.resize();
  }

  remove() {
    this.chart?.dispose();
    this.box.remove();
  }
}

/** Several curves over one quantity, told apart by colour and dashes; `canvas` is the element to show. */
export class CurvesChart {
  constructor(quantity, messages) {
    this.quantity = quantity;
    this.messages = messages;
    this.canvas = make('div', { className: 'chart', role: 'img' });
    this.chart = null;
  }

  /** Shows curves `{name, points}`, a place `{at, text}` or null, and says `label`; the canvas must be on the page. */
  show(curves, place, label) {
    this.chart ??= window.echarts.init(this.canvas, dark.matches ? 'dark' : null, { renderer: 'svg' });
    this.canvas.setAttribute('aria-label', label);
    const figure = value => this.messages.figure(value);
    const mark = {
      symbol: 'none',
      lineStyle: { type: 'solid', width: 1 },
      label: { formatter: place?.text, position: 'insideEndTop' },
      data: place ? [{ xAxis: place.at }] : [],
    };
    this.chart.setOption({
      animation: false,
      backgroundColor: 'transparent',
      legend: { top: 0 },
      grid: { left: 8, right: 24, top: 36, bottom: 28, containLabel: true },
      tooltip: { trigger: 'item', confine: true, formatter: ({ seriesName, value }) => `${seriesName} ${figure(value[1])}` },
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
