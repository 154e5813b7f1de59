// The dashboard's section for those who run the service: how long users wait, what is full, versions and the way back.
import { get, post, reasonOf } from '../alignstream/api.js';
import { rememberName, showName } from '../alignstream/decided-by.js';
import { element, every, make, say } from '../alignstream/dom.js';
import { pageMessages } from '../alignstream/language.js';
import { fullness, histograms, versionRow } from './operation-model.js';

class OperationPanel {
  constructor(messages) {
    this.messages = messages;
    this.told = '';
    this.asked = null;
  }

  start() {
    element('rollback-keep').addEventListener('click', () => element('rollback').close());
    element('rollback-form').addEventListener('submit', event => {
      event.preventDefault();
      this.rollBack();
    });
    every(2, async () => this.show(await get('operation')));
  }

  show(operation) {
    const { messages } = this;
    element('operation').hidden = false;
    say(element('operation-minutes'), messages.text('operation.minutes', { minutes: operation.times.minutes }));
    element('operation-times').replaceChildren(...histograms(operation.times, messages).map(histogram));
    element('operation-full').replaceChildren(...fullness(operation, messages).map(({ name, value, share }) => make('div', {},
      make('dt', {}, name), make('dd', {}, make('meter', { min: 0, max: 1, high: 0.9, value: share, 'aria-label': name }), ' ', value))));
    const { canaryShare, versions } = operation;
    element('operation-canary').hidden = canaryShare === null;
    say(element('operation-canary'), canaryShare === null ? '' : messages.text('operation.canary', { share: messages.share(canaryShare) }));
    element('no-operation-versions').hidden = versions.length > 0;
    element('operation-versions').closest('.scroll').hidden = versions.length === 0;
    const rows = versions.map(version => versionRow(version, messages));
    if (JSON.stringify(rows) !== this.told) { // a table built anew takes the focus away from its buttons
      this.told = JSON.stringify(rows);
      element('operation-versions').replaceChildren(...rows.map(row => this.row(row)));
    }
  }

  row(row) {
    const { messages } = this;
    const cell = (code, ...content) => make('td', { data: { label: messages.text(code) } }, ...content);
    const lines = texts => make('div', {}, ...texts.map(text => make('div', { className: 'line' }, text)));
    return make('tr', {},
      cell('operation.version', make('code', { title: row.sha256 }, row.sha256.slice(0, 12)), make('div', { className: 'hint' }, row.run)),
      cell('operation.role', make('span', { className: 'state', data: { role: row.role } }, row.roleName)),
      cell('operation.memory', lines(row.memory)),
      cell('releases.figures', lines(row.figures)),
      cell('releases.decide', row.canRollBack ? make('button', {
        type: 'button',
        'aria-haspopup': 'dialog',
        'aria-label': `${messages.text('releases.rollBack')} ${row.sha256.slice(0, 12)}`,
        on: { click: () => this.ask(row) },
      }, messages.text('releases.rollBack')) : ''));
  }

  ask(row) {
    this.asked = row;
    say(element('rollback-title'), `${this.messages.text('releases.rollBack')} · ${row.sha256.slice(0, 12)}`);
    say(element('rollback-then'), row.then);
    showName(element('rollback-name'));
    element('rollback-reason').value = '';
    element('rollback-problem').hidden = true;
    element('rollback').showModal();
    element(element('rollback-name').value ? 'rollback-reason' : 'rollback-name').focus();
  }

  async rollBack() {
    const by = element('rollback-name').value;
    element('rollback-send').disabled = true;
    try {
      await post(`operation/rollback/${encodeURIComponent(this.asked.run)}`, { by, reason: element('rollback-reason').value });
      rememberName(by);
      element('rollback').close();
      this.show(await get('operation'));
    } catch (problem) {
      say(element('rollback-problem'), this.messages.text('action.failed', { problem: reasonOf(problem) }));
      element('rollback-problem').hidden = false;
    }
    element('rollback-send').disabled = false;
  }
}

function histogram({ name, summary, bars, from, to }) {
  return make('figure', { className: 'histogram' },
    make('figcaption', {}, make('b', {}, name), ' ', summary),
    make('div', { className: 'bars', role: 'img', 'aria-label': `${name}: ${summary}`, hidden: bars.length === 0 },
      ...bars.map(({ height, label, mark }) => make('span', { title: label, data: { mark }, style: { height: `${100 * height}%` } }))),
    make('div', { className: 'axis hint', 'aria-hidden': 'true' }, make('span', {}, from), make('span', {}, to)));
}

new OperationPanel(await pageMessages).start();
