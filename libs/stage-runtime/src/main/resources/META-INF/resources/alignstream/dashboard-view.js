// The page of a service: asks it again and again and shows what it says.
import { get, post, reasonOf } from './api.js';
import { LineChart, onColoursChanged } from './chart.js';
import { healedLines, jobFacts, metricName, metricsLine, ShownSeries, usableActions } from './dashboard-model.js';
import { element, every, make, say } from './dom.js';
import { pageMessages } from './language.js';

class Dashboard {
  constructor(messages) {
    this.messages = messages;
    this.shown = new ShownSeries();
    this.charts = new Map();
  }

  start() {
    for (const button of document.querySelectorAll('[data-action]')) {
      button.addEventListener('click', () => this.act(button.dataset.action));
    }
    addEventListener('resize', () => this.charts.forEach(chart => chart.resize()));
    onColoursChanged(() => {
      this.shown.clear();
      this.refreshSeries().catch(console.debug);
    });
    document.addEventListener('visibilitychange', () => document.hidden || this.refreshJob().catch(console.debug));
    every(1, () => this.refreshJob());
    every(2, () => this.refreshSeries());
    every(5, () => this.refreshCheckpoints());
    every(5, () => this.refreshDeadLetters());
  }

  async act(action) {
    if (action === 'cancel' && !confirm(this.messages.text('action.cancel.confirm'))) {
      return;
    }
    const problem = element('problem');
    try {
      const reason = element('why').value.trim();
      await post(`job/${action}`, reason ? { reason } : {});
      element('why').value = '';
      problem.hidden = true;
      await this.refreshJob();
    } catch (failure) {
      problem.textContent = this.messages.text('action.failed', { problem: reasonOf(failure) });
      problem.hidden = false;
    }
  }

  async refreshJob() {
    try {
      const job = await get('job');
      this.showState(job.state, job.reason);
      this.showJob(job);
    } catch (problem) {
      this.showState('unreachable', { code: 'unreachable' });
      throw problem;
    }
  }

  showState(state, reason) {
    const badge = element('state');
    badge.dataset.state = state;
    say(badge, this.messages.text(`state.${state}`));
    say(element('reason'), this.messages.said(reason));
    const usable = usableActions(state, reason);
    for (const button of document.querySelectorAll('[data-action]')) {
      button.disabled = !usable[button.dataset.action];
    }
  }

  showJob(job) {
    element('no-job').hidden = job.run !== null;
    element('job').hidden = job.run === null;
    if (job.run === null) {
      return;
    }
    say(element('title'), this.messages.said(job.title));
    element('progress').max = Math.max(job.totalSteps, 1);
    element('progress').value = job.step;
    element('facts').replaceChildren(...jobFacts(job, this.messages)
      .map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value))));
    element('healed').hidden = job.healed.length === 0;
    element('healed-lines').replaceChildren(...healedLines(job, this.messages).map(line => make('li', {}, line)));
    const failed = job.lastFailure !== null;
    element('failure').hidden = !failed;
    say(element('failure'), failed ? this.messages.text('job.failure', { failure: job.lastFailure }) : '');
  }

  async refreshSeries() {
    const { otherRun, changed } = this.shown.update(await get('job/series'));
    if (otherRun) {
      this.charts.forEach(chart => chart.remove());
      this.charts.clear();
    }
    for (const [metric, points] of changed) {
      if (!this.charts.has(metric)) {
        const chart = new LineChart(metricName(metric, this.messages), this.messages);
        this.charts.set(metric, chart);
        element('charts').append(chart.box);
      }
      this.charts.get(metric).show(points);
    }
    element('no-charts').hidden = this.charts.size > 0;
  }

  async refreshCheckpoints() {
    showTable('checkpoints', (await get('checkpoints')).map(checkpoint => [
      make('td', {}, make('code', {}, checkpoint.run)),
      make('td', { className: 'number' }, this.messages.whole(checkpoint.step)),
      make('td', {}, this.messages.text(checkpoint.complete ? 'checkpoint.complete' : 'checkpoint.partial')),
      make('td', {}, make('code', { title: checkpoint.reference.sha256 }, checkpoint.reference.sha256.slice(0, 12))),
      make('td', { className: 'text' }, metricsLine(checkpoint.metrics, this.messages)),
    ]));
  }

  async refreshDeadLetters() {
    showTable('dead-letters', (await get('dead-letters')).map(letter => [
      make('td', {}, make('time', { dateTime: letter.time }, this.messages.time(letter.time))),
      make('td', {}, letter.topic),
      make('td', {}, `${letter.partition} / ${letter.offset}`),
      make('td', { className: 'text' }, letter.key),
      make('td', { className: 'text' }, this.messages.said(letter.reason)),
    ]));
  }
}

function showTable(id, rows) {
  const body = element(id);
  body.closest('.scroll').hidden = rows.length === 0;
  element(`no-${id}`).hidden = rows.length > 0;
  body.replaceChildren(...rows.map(cells => make('tr', {}, ...cells)));
}

new Dashboard(await pageMessages).start();
