// The page of a service: asks it again and again and shows what it says.
import { get, post, reasonOf } from './api.js';
import { ChartsSection } from './charts-view.js';
import {
  computedLines, healedLines, jobFacts, jobProgress, metricsLine, readable, replayableTopics, replayLine, triggerLine, usableActions,
} from './dashboard-model.js';
import { element, every, make, say } from './dom.js';
import { pageMessages } from './language.js';

class Dashboard {
  constructor(messages) {
    this.messages = messages;
    this.charts = new ChartsSection(messages);
    this.shownTables = new Map();
    /** Paths of the replays that run. */
    this.replaying = new Set();
  }

  start() {
    for (const button of document.querySelectorAll('[data-action]')) {
      button.addEventListener('click', () => this.act(button.dataset.action));
    }
    element('letter-close').addEventListener('click', () => element('letter').close());
    element('letter-again').addEventListener('click', () => this.replay(this.letterPath, element('letter-outcome')));
    this.charts.start();
    document.addEventListener('visibilitychange', () => document.hidden || this.refreshJob().catch(console.debug));
    every(1, () => this.refreshJob());
    every(5, () => this.refreshTrigger());
    every(5, () => this.refreshIncidents());
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
      this.showState(job.state, job.reason, job.outcome);
      this.showJob(job);
    } catch (problem) {
      this.showState('unreachable', { code: 'unreachable' });
      throw problem;
    }
  }

  showState(state, reason, outcome) {
    const badge = element('state');
    badge.dataset.state = state;
    say(badge, this.messages.text(`state.${state}`));
    say(element('reason'), this.messages.said(reason));
    const usable = usableActions(state, reason, outcome);
    for (const button of document.querySelectorAll('[data-action]')) {
      button.hidden = !usable[button.dataset.action];
    }
    element('controls').hidden = !Object.values(usable).some(Boolean);
    this.charts.tell(state === 'running');
  }

  async refreshTrigger() {
    const { reason, lastSeconds } = await get('job/trigger');
    say(element('on-trigger'), triggerLine(document.body.dataset.stage, reason, lastSeconds, this.messages));
  }

  showJob(job) {
    element('no-job').hidden = job.run !== null;
    element('job').hidden = job.run === null;
    if (job.run === null) {
      return;
    }
    say(element('title'), this.messages.said(job.title));
    const progress = jobProgress(job);
    element('progress').hidden = progress === null;
    Object.assign(element('progress'), progress ?? {});
    element('facts').replaceChildren(...jobFacts(job, this.messages)
      .map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value))));
    element('healed').hidden = job.healed.length === 0;
    element('healed-lines').replaceChildren(...healedLines(job, this.messages).map(line => make('li', {}, line)));
    const failed = job.lastFailure !== null;
    element('failure').hidden = !failed;
    say(element('failure'), failed ? this.messages.text('job.failure', { failure: job.lastFailure }) : '');
  }

  async refreshIncidents() {
    const { messages } = this;
    const incidents = await get('job/incidents');
    const cell = (code, className, ...content) => make('td', { className, data: { label: messages.text(code) } }, ...content);
    this.showTable('incidents', incidents, incident => [
      cell('checkpoint.run', '', make('code', {}, incident.run)),
      cell('checkpoint.step', 'number', messages.whole(incident.step)),
      cell('incident.shard', 'number', messages.whole(incident.shard)),
      ...['owner', 'auditor'].map(who => cell(`incident.${who}`, 'text', make('div', {}, ...computedLines(incident[who], messages)
        .map(line => make('p', {}, line))))),
    ]);
    element('incidents-section').hidden = incidents.length === 0;
  }

  async refreshCheckpoints() {
    const { messages } = this;
    const checkpoints = await get('checkpoints');
    const cell = (code, className, ...content) => make('td', { className, data: { label: messages.text(code) } }, ...content);
    this.showTable('checkpoints', checkpoints, checkpoint => [
      cell('checkpoint.run', '', make('code', {}, checkpoint.run)),
      cell('checkpoint.step', 'number', messages.whole(checkpoint.step)),
      cell('checkpoint.kind', '', messages.text(checkpoint.complete ? 'checkpoint.complete' : 'checkpoint.partial')),
      cell('checkpoint.sha', '', make('code', { title: checkpoint.reference.sha256 }, checkpoint.reference.sha256.slice(0, 12))),
      cell('checkpoint.metrics', 'text', metricsLine(checkpoint.metrics, messages)),
    ]);
  }

  async refreshDeadLetters() {
    const { messages } = this;
    const cell = (code, className, ...content) => make('td', { className, data: { label: messages.text(code) } }, ...content);
    const letters = await get('dead-letters');
    this.showReplays(letters);
    this.showTable('dead-letters', letters, letter => [
      cell('deadLetter.time', '', make('time', { dateTime: letter.time }, messages.time(letter.time))),
      cell('deadLetter.topic', '', letter.topic),
      cell('deadLetter.place', '', `${letter.partition} / ${letter.offset}`),
      cell('deadLetter.key', 'text', letter.key),
      cell('deadLetter.reason', 'text', messages.said(letter.reason),
        letter.replayed ? make('p', { className: 'hint' }, messages.text('replay.done')) : ''),
      cell('deadLetter.record', '', make('button', {
        type: 'button',
        'aria-haspopup': 'dialog',
        'aria-label': messages.text('deadLetter.lookAt', { topic: letter.topic, offset: letter.offset }),
        on: { click: () => this.showLetter(letter) },
      }, messages.text('deadLetter.look'))),
    ]);
  }

  /** What can be replayed as a whole, here or by a command. */
  showReplays(letters) {
    const { messages } = this;
    const topics = replayableTopics(letters);
    const told = JSON.stringify(topics);
    if (this.shownTables.get('replays') === told) {
      return;
    }
    this.shownTables.set('replays', told);
    element('replays').hidden = topics.length === 0;
    element('replays').replaceChildren(...topics.flatMap(({ topic, letters: count, replay }) => [
      ...(replay === 'here' ? [make('button', {
        type: 'button',
        on: { click: () => this.replay(`dead-letters/${encodeURIComponent(topic)}/replay`, element('replayed')) },
      }, messages.text('replay.allOf', { topic, letters: count }))] : []),
      messages.text('replay.allByCommand', { topic }),
    ].map(way => make('li', {}, way))));
  }

  /**
   * Has letters published once more and says what became of them, unless another letter is looked at by then; asked again
   * meanwhile, it is the same one.
   */
  async replay(path, outcome) {
    if (this.replaying.has(path)) {
      return;
    }
    this.replaying.add(path);
    const tell = text => {
      if (outcome !== element('letter-outcome') || this.letterPath === path) {
        say(outcome, text);
      }
    };
    tell(this.messages.text('replay.running'));
    try {
      tell(this.messages.text('replay.outcome', await post(path)));
    } catch (problem) {
      tell(this.messages.said(reasonOf(problem)));
    }
    this.replaying.delete(path);
    await this.refreshDeadLetters();
  }

  /** A table that says what it said stays as it is, with the focus in it. */
  showTable(id, entries, cells) {
    const told = JSON.stringify(entries);
    if (this.shownTables.get(id) === told) {
      return;
    }
    this.shownTables.set(id, told);
    const body = element(id);
    body.closest('.scroll').hidden = entries.length === 0;
    document.getElementById(`no-${id}`)?.toggleAttribute('hidden', entries.length > 0);
    body.replaceChildren(...entries.map(entry => make('tr', {}, ...cells(entry))));
  }

  /** The record of a dead letter, as it stands on its topic. */
  async showLetter(letter) {
    const { messages } = this;
    say(element('letter-heading'), `${letter.topic} · ${letter.partition} / ${letter.offset}`);
    say(element('letter-reason'), messages.said(letter.reason));
    say(element('letter-text'), '');
    say(element('letter-outcome'), '');
    say(element('letter-replay'), replayLine(letter, messages));
    const path = `dead-letters/${encodeURIComponent(letter.topic)}/${letter.partition}/${letter.offset}`;
    this.letterPath = `${path}/replay`;
    element('letter-again').hidden = letter.replayed || letter.replay !== 'here';
    element('letter-value').href = `${path}/value`;
    element('letter-headers').replaceChildren();
    element('letter').showModal();
    const isLookedAt = () => this.letterPath === `${path}/replay`;
    try {
      const record = await get(path);
      if (!isLookedAt()) {
        return;
      }
      element('letter-headers').replaceChildren(...[[messages.text('deadLetter.key'), record.key],
        ...Object.entries(record.headers)].map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value || '–'))));
      say(element('letter-text'), record.text === null
        ? messages.text('deadLetter.binary', { bytes: record.size })
        : readable(record.text) + (record.cut ? `\n… ${messages.text('deadLetter.cut', { bytes: record.size })}` : ''));
    } catch (problem) {
      if (isLookedAt()) {
        say(element('letter-text'), messages.said(reasonOf(problem)));
      }
    }
  }
}

new Dashboard(await pageMessages).start();
