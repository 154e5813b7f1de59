// A chart of one metric over the steps of a run, drawn by ECharts.
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
