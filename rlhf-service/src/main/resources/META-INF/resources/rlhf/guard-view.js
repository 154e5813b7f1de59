// The dashboard's section on the guard: what it found, a person's decision, the picture of reward and judge.
import { get, post, reasonOf } from '../alignstream/api.js';
import { CurvesChart, onColoursChanged } from '../alignstream/chart.js';
import { element, every, make, say } from '../alignstream/dom.js';
import { pageMessages } from '../alignstream/language.js';
import { rememberName, showName } from '../alignstream/decided-by.js';
import { decisionPath, isPaused, newest, picture, situation } from './guard-model.js';

class GuardPanel {
  constructor(messages) {
    this.messages = messages;
    this.run = null;
    this.shown = '';
    this.chart = new CurvesChart(messages.text('guard.distance'), messages);
  }

  start() {
    element('guard-picture').append(
      this.chart.canvas, make('figcaption', { className: 'empty' }, this.messages.text('guard.picture')));
    showName(element('guard-name'));
    element('guard-decision').addEventListener('submit', event => {
      event.preventDefault();
      this.send(event.submitter.value);
    });
    addEventListener('resize', () => this.chart.resize());
    onColoursChanged(() => {
      this.chart.remove();
      this.shown = '';
      this.refresh().catch(console.debug);
    });
    every(3, () => this.refresh());
  }

  async refresh() {
    const report = await get('guard');
    const answer = JSON.stringify(report);
    if (answer !== this.shown) {
      this.shown = answer;
      this.show(report);
    }
  }

  show(report) {
    this.run = report.run;
    say(element('guard-situation'), situation(report, this.messages));
    element('guard-situation').classList.toggle('failure', isPaused(report));
    element('guard-decision').hidden = !isPaused(report);
    const shown = picture(report);
    element('guard-picture').hidden = shown === null;
    if (shown !== null) {
      this.chart.show(
        [
          { name: this.messages.text('guard.rewardGain'), points: shown.reward },
          { name: this.messages.text('guard.judgeGain'), points: shown.judge },
        ],
        shown.parted && { at: shown.parted.at, text: this.messages.text('guard.parted', shown.parted) },
        newest(shown, report, this.messages));
    }
  }

  async send(verdict) {
    const buttons = element('guard-decision').querySelectorAll('button');
    const by = element('guard-name').value;
    buttons.forEach(button => { button.disabled = true; });
    try {
      await post(decisionPath(this.run), { verdict, by, reason: element('guard-reason').value });
      rememberName(by);
      element('guard-reason').value = '';
      element('guard-problem').hidden = true;
      await this.refresh();
    } catch (failure) {
      element('guard-problem').textContent = this.messages.text('action.failed', { problem: reasonOf(failure) });
      element('guard-problem').hidden = false;
    } finally {
      buttons.forEach(button => { button.disabled = false; });
    }
  }
}

new GuardPanel(await pageMessages).start();
