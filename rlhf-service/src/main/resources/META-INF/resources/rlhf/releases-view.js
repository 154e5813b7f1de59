// The dashboard's section on releases: the table, and the dialog in which a person decides.
import { get, post, reasonOf } from '../alignstream/api.js';
import { element, every, make, say } from '../alignstream/dom.js';
import { pageMessages } from '../alignstream/language.js';
import { rememberName, showName } from '../alignstream/decided-by.js';
import { decisionPath, decisionTitle, otherPages, releaseRow } from './releases-model.js';

class ReleasesPanel {
  constructor(messages) {
    this.messages = messages;
    this.page = 0;
    this.shown = '';
    this.asked = null;
  }

  start() {
    element('releases-previous').addEventListener('click', () => this.turn(-1));
    element('releases-next').addEventListener('click', () => this.turn(1));
    element('release-keep').addEventListener('click', () => element('release-dialog').close());
    element('release-decision').addEventListener('submit', event => {
      event.preventDefault();
      this.send();
    });
    every(3, () => this.refresh());
  }

  turn(pages) {
    this.page += pages;
    this.refresh().catch(console.debug);
  }

  async refresh() {
    const answer = await get(`releases?page=${this.page}`);
    const newest = JSON.stringify(answer);
    if (newest !== this.shown) { // a table built anew takes the focus away from its buttons
      this.shown = newest;
      this.show(answer);
    }
  }

  show(answer) {
    element('no-releases').hidden = answer.total > 0;
    element('releases').closest('.scroll').hidden = answer.total === 0;
    element('releases').replaceChildren(...answer.releases.map(release => this.row(release)));
    const { previous, next } = otherPages(this.page, answer);
    element('release-pages').hidden = !previous && !next;
    element('releases-previous').disabled = !previous;
    element('releases-next').disabled = !next;
  }

  row(release) {
    const row = releaseRow(release, this.messages);
    const buttons = row.actions.map(({ verdict, label }) => make('button', {
      type: 'button',
      'aria-haspopup': 'dialog',
      'aria-label': decisionTitle(release, verdict, this.messages),
      on: { click: () => this.ask(release, verdict, label) },
    }, label));
    return make('tr', { data: { release: row.key } },
      make('td', {}, make('code', { title: row.sha256 }, row.candidate), make('div', { className: 'empty line' }, row.run)),
      make('td', {}, make('span', { className: 'state', data: { verdict: row.verdict } }, row.verdictName)),
      make('td', {}, make('div', { className: 'actions' }, ...buttons)),
      make('td', { className: 'text' }, row.why),
      make('td', {}, row.by),
      make('td', {}, ...row.figures.map(line => make('div', { className: 'line' }, line))));
  }

  ask(release, verdict, label) {
    this.asked = { key: release.key, verdict };
    say(element('release-title'), decisionTitle(release, verdict, this.messages));
    say(element('release-send'), label);
    showName(element('release-name'));
    element('release-reason').value = '';
    element('release-problem').hidden = true;
    element('release-dialog').showModal();
    element(element('release-name').value ? 'release-reason' : 'release-name').focus();
  }

  async send() {
    const { key, verdict } = this.asked;
    const by = element('release-name').value;
    element('release-send').disabled = true;
    try {
      await post(decisionPath(key), { verdict, by, reason: element('release-reason').value });
      rememberName(by);
      element('release-dialog').close();
      await this.refresh();
      document.querySelector(`[data-release="${CSS.escape(key)}"] button`)?.focus();
    } catch (failure) {
      element('release-problem').textContent =
        this.messages.text('action.failed', { problem: reasonOf(failure) });
      element('release-problem').hidden = false;
    } finally {
      element('release-send').disabled = false;
    }
  }
}

new ReleasesPanel(await pageMessages).start();
