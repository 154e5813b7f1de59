// The overview: asks again and again what the flow does, and shows it.
import { get, reasonOf } from '../alignstream/api.js';
import { kindLine } from '../alignstream/charts-model.js';
import { element, every, make as makeAll, say } from '../alignstream/dom.js';
import { pageMessages } from '../alignstream/language.js';
import { flow, path, release, summary } from './overview-model.js';

/** An element with those of its children that there are. */
const make = (tag, properties, ...children) =>
  makeAll(tag, properties, ...children.filter(child => child !== '' && child !== false && child !== null));

class OverviewView {
  constructor(messages) {
    this.messages = messages;
    this.shown = new Map();
  }

  start() {
    every(2, () => this.refresh());
  }

  async refresh() {
    try {
      this.show(await get('overview'));
      element('problem').hidden = true;
    } catch (problem) {
      say(element('problem'), this.messages.said(reasonOf(problem)));
      element('problem').hidden = false;
      element('summary').dataset.state = 'unreachable';
      say(element('summary'), this.messages.text('state.unreachable'));
    }
  }

  show(overview) {
    const { messages } = this;
    const { state, text } = summary(overview, messages);
    element('summary').dataset.state = state;
    say(element('summary'), text);
    element('alarms').hidden = overview.alarms.length === 0;
    this.list('alarms', overview.alarms.map(alarm => messages.said(alarm)), alarm => make('li', {}, alarm));
    this.list('flow', flow(overview, messages), stage => this.stage(stage));
    element('no-path').hidden = overview.path.length > 0;
    this.list('path', path(overview.path, messages), model => this.model(model));
    element('no-releases').hidden = overview.releases.length > 0;
    this.list('releases', overview.releases.map(told => release(told, messages)), told => this.release(told));
  }

  /** What says what it said stays as it is, with the focus in it. */
  list(id, entries, item) {
    const told = JSON.stringify(entries);
    if (this.shown.get(id) !== told) {
      this.shown.set(id, told);
      const focused = document.activeElement?.closest(`#${id} a`)?.href;
      element(id).replaceChildren(...entries.map(item));
      if (focused !== undefined) {
        [...element(id).querySelectorAll('a')].find(({ href }) => href === focused)?.focus();
      }
    }
  }

  stage(stage) {
    const topics = (list, code) => make('ul', { className: 'topics', 'aria-label': this.messages.text(code) },
      ...list.map(topic => make('li', {},
        make('span', { className: 'topic' }, topic.name), ' ',
        make('b', {}, topic.records),
        topic.lag && make('span', { className: 'lag' }, topic.lag),
        topic.deadLetters && make('span', { className: 'failure' }, topic.deadLetters))));
    const name = stage.page === '' ? stage.service : make('a', { href: stage.page }, stage.service);
    return make('li', { data: { state: stage.state } },
      topics(stage.takes, 'overview.takes'),
      make('div', { className: 'stage' },
        make('h3', {}, name),
        make('span', { className: 'state', data: { state: stage.state === 'silent' ? 'failed' : stage.state } }, stage.stateName),
        stage.share !== null && make('progress', { max: 1, value: stage.share, 'aria-label': stage.service }),
        make('p', {}, stage.line),
        stage.run && make('code', { title: stage.run }, stage.run)),
      topics(stage.gives, 'overview.gives'));
  }

  model(model) {
    return make('li', {},
      make('h3', {}, model.name),
      model.replaced && make('p', { className: 'hint' }, model.replaced),
      make('p', {}, make('code', { title: model.sha256 }, model.run), ' ', model.steps),
      model.since && make('p', { className: 'hint' }, make('time', { dateTime: model.since }, this.messages.time(model.since))),
      this.figures(model.figures));
  }

  figures(figures) {
    return make('dl', {}, ...figures.map(({ name, label, value, change }) => make('div', { title: kindLine(name, this.messages) },
      make('dt', {}, label), make('dd', {}, value, change ? ` (${change})` : ''))));
  }

  release(told) {
    return make('li', {},
      make('div', { className: 'headline' },
        make('span', { className: 'state', data: { verdict: told.verdict } }, told.verdictName),
        told.served && make('b', {}, told.served),
        make('code', {}, told.key),
        make('a', { href: told.card }, this.messages.text('card.page')),
        make('span', { className: 'hint' }, told.by, ' · ', make('time', { dateTime: told.since }, this.messages.time(told.since)))),
      make('p', {}, told.why),
      told.changes.length > 0 && make('ul', { className: 'changes' }, ...told.changes.map(change => make('li', {}, change))),
      this.figures(told.figures));
  }
}

new OverviewView(await pageMessages).start();
