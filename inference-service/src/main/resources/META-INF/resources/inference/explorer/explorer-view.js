// The explorer: tabs, the version that is looked into, the language; each tab's picture is a panel of its own.
import { get, reasonOf } from '../../alignstream/api.js';
import { element, say } from '../../alignstream/dom.js';
import { otherLanguage, pageMessages, translate } from '../../alignstream/language.js';
import { AttentionPanel } from './attention-view.js';
import { BlanksPanel } from './blanks-view.js';
import { CandidatesPanel } from './candidates-view.js';
import { ContextsPanel } from './contexts-view.js';
import { NextPanel } from './next-view.js';
import { PronounsPanel } from './pronouns-view.js';
import { WordsPanel } from './words-view.js';

const SHORT = 12;
const AGAIN_MILLISECONDS = 2000;
const NAMES = { base: 'explorer.base', sft: 'explorer.sft', aligned: 'explorer.aligned', masked: 'explorer.masked' };

class ExplorerPage {
  constructor(messages) {
    this.messages = messages;
    this.models = [];
    this.problem = { code: 'explorer.reading' };
    this.panels = [CandidatesPanel, NextPanel, BlanksPanel, AttentionPanel, WordsPanel, ContextsPanel, PronounsPanel]
      .map(Kind => new Kind(this));
    this.begun = new Set();
    this.current = this.panels[0];
  }

  /** The chosen version. */
  get version() {
    return document.querySelector('[name=version]:checked').value;
  }

  /** Whether the served release was made from a version that can be looked into. */
  has(version) {
    return this.models.some(model => model.version === version && model.run !== null && !model.removed);
  }

  async start() {
    const tabs = [...element('tabs').children];
    tabs.forEach((tab, index) => {
      tab.addEventListener('click', () => this.turn(index));
      tab.addEventListener('keydown', event => {
        const next = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: tabs.length - 1 }[event.key];
        if (next !== undefined) {
          event.preventDefault();
          const target = (next + tabs.length) % tabs.length;
          this.turn(target);
          tabs[target].focus();
        }
      });
    });
    element('versions').addEventListener('change', () => {
      this.panels.filter(panel => panel !== this.current).forEach(panel => this.begun.delete(panel));
      this.current.versionChanged();
    });
    element('language').addEventListener('click', async () => {
      this.messages = await otherLanguage(this.messages);
      this.show();
    });
    addEventListener('hashchange', () => this.readAddress());
    this.show();
    await this.read();
    this.readAddress();
  }

  /** Finds out which versions there are; looks again until a release is served. */
  async read() {
    while (this.models.length === 0) {
      try {
        this.models = await get('v1/explorer/versions');
        this.problem = null;
      } catch (problem) {
        this.problem = reasonOf(problem);
        this.show();
        do {
          await new Promise(resolve => setTimeout(resolve, AGAIN_MILLISECONDS));
        } while (document.hidden);
      }
    }
    this.show();
  }

  readAddress() {
    const index = this.panels.findIndex(panel => `#${panel.name}` === location.hash);
    this.turn(Math.max(0, index));
  }

  turn(index) {
    this.current = this.panels[index];
    if (location.hash !== `#${this.current.name}`) {
      history.replaceState(null, '', `#${this.current.name}`);
    }
    this.show();
    if (this.models.length > 0 && !this.begun.has(this.current)) {
      this.begun.add(this.current);
      this.current.begin();
    }
  }

  show() {
    translate(document, this.messages);
    document.title = `${this.messages.text('explorer.title')} · Alignstream`;
    say(element('problem'), this.problem ? this.messages.said(this.problem) : '');
    say(element('models'), this.models.map(model => this.modelText(model)).join(' · '));
    element('versions').hidden = !this.current.choosesVersion;
    for (const radio of document.querySelectorAll('[name=version]')) {
      radio.disabled = this.models.length > 0 && !this.has(radio.value);
    }
    this.panels.forEach((panel, index) => {
      const tab = element('tabs').children[index];
      const isCurrent = panel === this.current;
      tab.setAttribute('aria-selected', String(isCurrent));
      tab.tabIndex = isCurrent ? 0 : -1;
      panel.root.hidden = !isCurrent;
      panel.sayProblem();
      panel.show();
    });
  }

  modelText({ version, run, removed }) {
    const name = this.messages.text(NAMES[version]);
    if (run === null) {
      return this.messages.text('explorer.missing', { model: name });
    }
    return removed ? this.messages.text('explorer.removed', { model: name }) : `${name} ${run.slice(0, SHORT)}`;
  }
}

new ExplorerPage(await pageMessages).start();
