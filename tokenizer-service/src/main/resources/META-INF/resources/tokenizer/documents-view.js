// What became of the documents, with samples of what was dropped.
import { get } from '../alignstream/api.js';
import { element, every, make } from '../alignstream/dom.js';
import { pageMessages } from '../alignstream/language.js';
import {
  faultShown, languageRows, outcomeRows, rulesByEffect, shortId, Throughput, throughputFacts, total,
} from './documents-model.js';

class DocumentsPanel {
  constructor(messages) {
    this.messages = messages;
    this.throughput = new Throughput();
  }

  start() {
    every(2, async () => this.show(await get('documents/figures')));
  }

  show(figures) {
    this.throughput.observe(performance.now(), total(figures.outcomes), figures.bytes);
    element('throughput').replaceChildren(...throughputFacts(figures, this.throughput, this.messages)
      .map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value))));
    element('outcomes').replaceChildren(...outcomeRows(figures.outcomes).map(row => this.outcome(row)));
    element('languages').replaceChildren(...languageRows(figures.languages).map(row => this.language(row)));
    this.showRules(figures.rules);
    element('clusters').replaceChildren(...figures.clusters.map(({ first, duplicates, excerpt }) => make('li', {},
      this.messages.text('documents.cluster', { duplicates, first: `documents/${first}` }), make('q', {}, excerpt))));
  }

  outcome({ outcome, reason, documents, share }) {
    return make('tr', { data: { outcome } }, make('td', {}, this.name(outcome)), number(this.messages.whole(documents)),
      number(this.messages.share(share)), bar(share), make('td', { className: 'reason' }, this.messages.said(reason)));
  }

  language({ language, documents, share, bytes, bytesPerToken }) {
    return make('tr', {}, make('td', {}, this.messages.languageName(language)), number(this.messages.whole(documents)),
      number(this.messages.share(share)), bar(share), number((bytes / 1e6).toFixed(2)),
      number(bytesPerToken > 0 ? bytesPerToken.toFixed(2) : '–'));
  }

  showRules(rules) {
    const open = new Set([...element('rules').querySelectorAll('details[open]')].map(details => details.dataset.rule));
    const { busy, idle } = rulesByEffect(rules);
    element('rules').replaceChildren(...busy.map(rule => this.rule(rule, open.has(rule.rule))));
    element('idle-rules').textContent = idle.length === 0
      ? ''
      : this.messages.text('documents.idle', {
        rules: idle.map(id => this.name(id)).join(this.messages.text('documents.separator')),
      });
  }

  rule({ rule, effect, description, documents, samples }, open) {
    const name = this.name(rule);
    const head = [
      make('strong', {}, name),
      ` ${this.messages.name('effect', effect)} ${this.messages.whole(documents)} `,
      make('small', {}, this.messages.said(description), name === rule ? '' : ` · ${rule}`),
    ];
    return samples.length === 0
      ? make('p', {}, ...head)
      : make('details', { data: { rule }, open }, make('summary', {}, ...head),
        make('ul', { className: 'samples' }, ...samples.map(sample => this.sample(sample))));
  }

  sample({ id, fault, excerpt }) {
    return make('li', {}, fault === null ? '' : faultShown(fault, this.messages), ' ',
      make('code', { title: id }, shortId(id)), make('q', {}, excerpt));
  }

  name(outcome) {
    return this.messages.text(`outcome.${outcome}.name`);
  }
}

const number = text => make('td', { className: 'number' }, text);

/** A cell with a bar as wide as the share. */
function bar(share) {
  return make('td', { className: 'bar' }, make('div', { hidden: share === 0, style: { width: `${100 * share}%` } }));
}

new DocumentsPanel(await pageMessages).start();
