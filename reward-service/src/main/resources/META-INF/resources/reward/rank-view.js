// The ranking page: order by dragging, with keys or by place (equal places are ties), score, say why, or why not.
import { get, post, reasonOf } from '../alignstream/api.js';
import { afterPause, element, every, make, signedInName } from '../alignstream/dom.js';
import { otherLanguage, pageMessages, translate } from '../alignstream/language.js';
import { differences } from './difference-model.js';
import { rendered } from './markdown-view.js';
import { CAUSES, keyAct, MAX_SCORE, outlook, Ranking } from './rank-model.js';

const ANNOTATOR = 'alignstream-annotator';
/** The type of what is dragged here. */
const ANSWER = 'application/x-alignstream-answer';
const SAVE_AFTER_MS = 600;
/** How often is looked whether the server has to hear that somebody still looks at the question. */
const KEEP_EVERY_S = 2;
/** After such a refusal there is nothing left to do about the question. */
const SETTLED = new Set(['refusal.rankedBefore', 'refusal.rankedByOthers', 'refusal.notGiven', 'poison.unknownRequest']);

class RankingPage {
  constructor(messages) {
    this.messages = messages;
    this.ranking = null;
    /** The ranking that was sent last, which can be corrected. */
    this.last = null;
    this.isBusy = false;
    this.guideline = null;
    this.marksDifferences = true;
    /** The answer that is being dragged; null if none is, for what else is dropped here is none of ours. */
    this.dragged = null;
    this.saveSoon = afterPause(SAVE_AFTER_MS, () => this.save());
  }

  start() {
    element('language').addEventListener('click', async () => {
      this.messages = await otherLanguage(this.messages);
      this.translate();
    });
    element('who').addEventListener('submit', event => {
      event.preventDefault();
      localStorage.setItem(ANNOTATOR, annotator());
      this.next();
    });
    element('change').addEventListener('click', () => this.askName());
    for (const act of ['send', 'confirm', 'allEqual', 'undo', 'pass', 'back', 'differences', 'keys']) {
      element(act).addEventListener('click', () => this[act]());
    }
    element('pass-form').addEventListener('submit', event => event.submitter.value !== 'cancel' && this.sendPass());
    document.addEventListener('keydown', event => this.key(event));
    every(KEEP_EVERY_S, () => this.keep());
    element('annotator').value = signedInName() || (localStorage.getItem(ANNOTATOR) ?? '');
    element('annotator').readOnly = signedInName() !== '';
    element('change').hidden = signedInName() !== '';
    this.translate();
    if (annotator()) {
      this.next();
    } else {
      this.askName();
    }
  }

  translate() {
    translate(document, this.messages);
    element('pass-cause').replaceChildren(...CAUSES.map(cause =>
      make('option', { value: cause }, this.messages.name('abstention', cause))));
    this.showGuideline().catch(console.debug);
    document.title = `${this.messages.text('rank.title')} · Alignstream`;
    element('name').textContent = this.messages.text('rank.as', { name: annotator() });
    this.say('');
    if (this.ranking) {
      this.show();
    } else if (this.progress) {
      this.showProgress(this.progress, 0);
    }
  }

  /** Shows the guideline in force; the built-in one comes in the page's language. */
  async showGuideline() {
    this.guideline = await get('/guidelines/current');
    element('guideline-version').textContent =
      this.messages.text('rank.guideline.version', { version: this.guideline.version });
    element('guideline-text').replaceChildren(...rendered(this.guideline.text));
  }

  say(text, isProblem = false) {
    element('note').textContent = text;
    element('note').classList.toggle('problem', isProblem);
  }

  askName() {
    this.ranking = null;
    this.last = null;
    for (const id of ['as', 'task', 'done', 'remaining', 'progress', 'back']) {
      element(id).hidden = true;
    }
    element('who').hidden = false;
    element('annotator').select();
  }

  /** Asks for the next question; resolves to whether there is one. */
  async next() {
    try {
      const question = await get(`/ranking-requests/next?${new URLSearchParams({ annotator: annotator() })}`);
      this.ranking = question === null ? null : new Ranking(question);
      this.progress = question?.progress ?? await get('/ranking-requests/progress');
    } catch (problem) {
      // Before the first question the name can still be another one.
      element('who').hidden = !element('as').hidden;
      this.complain(problem);
      return false;
    }
    const done = this.ranking === null;
    element('who').hidden = true;
    element('as').hidden = false;
    element('name').textContent = this.messages.text('rank.as', { name: annotator() });
    element('task').hidden = done;
    element('remaining').hidden = done;
    element('done').hidden = !done;
    if (done) {
      element('done').dataset.text = 'rank.done';
      element('done').textContent = this.messages.text('rank.done');
      this.showProgress(this.progress, 0);
      return false;
    }
    this.begin();
    return true;
  }

  begin() {
    const { guideline } = this.ranking.question;
    this.ranking.keptAt = Date.now();
    this.say(this.ranking.isBegun() && !this.ranking.isCorrection ? this.messages.text('rank.restored') : '');
    this.show();
    if (guideline !== this.guideline?.version) {
      // Another one is in force since: who ranks has to see it.
      element('guideline').open = true;
      this.showGuideline().catch(console.debug);
    }
    element('answers').firstElementChild.focus();
  }

  /** Sends the order, once, if the person has decided on it. */
  async send() {
    if (!this.ranking) {
      return;
    }
    if (!this.ranking.isDecided) {
      this.say(this.messages.text('rank.undecided'), true);
      return;
    }
    if (this.ranking.isHalfScored()) {
      this.say(this.messages.text('rank.halfScored'), true);
      return;
    }
    const sent = this.ranking;
    if (await this.settle('/rankings', sent.judgement(annotator()))) {
      this.settled(sent);
      if (this.ranking) {
        this.say(this.messages.text('rank.sent'));
      }
    }
  }

  /** Keeps what is not sent yet on the server, and the question for whoever looks at it; says so if others have it. */
  async save() {
    const saved = this.ranking;
    if (!saved || saved.isCorrection || this.isBusy) {
      return;
    }
    saved.keptAt = Date.now();
    try {
      await post('/ranking-requests/draft', saved.draft(annotator()));
    } catch (problem) {
      if (this.ranking === saved && !this.isBusy) {
        this.complain(problem);
      }
    }
  }

  /** Lets the server know that somebody reads, in time before the question goes to others. */
  async keep() {
    if (this.ranking?.isToBeKept(Date.now())) {
      await this.save();
    }
  }

  /** Posts what settles the question and goes on to the next one; resolves to whether it was taken. */
  async settle(path, body) {
    if (this.isBusy) {
      return false;
    }
    this.isBusy = true;
    try {
      await post(path, body);
      await this.next();
      return true;
    } catch (problem) {
      if (SETTLED.has(reasonOf(problem).code)) {
        await this.next();
      }
      this.complain(problem);
      return false;
    } finally {
      this.isBusy = false;
    }
  }

  confirm() {
    this.ranking.confirm();
    this.redraw();
    element('send').focus();
  }

  allEqual() {
    this.ranking.allEqual();
    this.redraw(focused());
  }

  undo() {
    if (this.ranking.undo()) {
      this.redraw(focused());
    }
  }

  /** Takes what was sent last up again, a ranking or that there is none. */
  back() {
    if (this.last && !this.isBusy) {
      this.ranking = this.last;
      this.ranking.correct();
      element('task').hidden = false;
      element('done').hidden = true;
      this.begin();
      this.say(this.messages.text('rank.correcting'));
    }
  }

  differences() {
    this.marksDifferences = !this.marksDifferences;
    this.redraw(focused());
  }

  pass() {
    element('pass-note').value = '';
    element('pass-dialog').showModal();
  }

  async sendPass() {
    const passed = this.ranking;
    const { requestId, guideline } = passed.question;
    if (await this.settle('/ranking-requests/passed', {
      requestId,
      annotator: annotator(),
      guideline,
      cause: element('pass-cause').value,
      note: element('pass-note').value,
    })) {
      this.settled(passed);
    }
  }

  /** What was sent last can be taken up again. */
  settled(ranking) {
    this.last = ranking;
    element('back').hidden = false;
  }

  keys() {
    element('keys-dialog').showModal();
  }

  complain(problem) {
    const text = problem.status === 0 ? this.messages.text('rank.offline') : this.messages.said(reasonOf(problem));
    if (element('task').hidden) {
      element('done').hidden = false;
      delete element('done').dataset.text;
      element('done').textContent = text;
    } else {
      this.say(text, true);
    }
  }

  show() {
    const { question } = this.ranking;
    this.showProgress(question.progress, question.remaining);
    element('send').disabled = !this.ranking.isDecided;
    element('undo').disabled = this.ranking.past.length === 0;
    element('pass').hidden = this.ranking.isCorrection;
    element('answers').classList.toggle('long', this.ranking.isLong());
    element('differences').hidden = !this.ranking.isLong();
    element('differences').ariaPressed = String(this.marksDifferences);
    element('tags').replaceChildren(...Object.entries(question.tags).sort().map(([name, value]) =>
      make('li', {}, `${name}: ${value}`)));
    element('tags').hidden = Object.keys(question.tags).length === 0;
    this.warn();
    element('remaining').textContent = this.messages.text('rank.remaining', { requests: question.remaining });
    element('messages').replaceChildren(...question.messages.map(({ role, content }) => make('div',
      { className: `message ${role}` },
      ...(question.messages.length > 1 ? [make('span', { className: 'role' }, this.messages.text(`role.${role}`))] : []),
      ...rendered(content))));
    element('answers').dataset.request = question.requestId;
    element('answers').replaceChildren(...this.ranking.order().map(index => this.card(index)));
  }

  showProgress(progress, remaining) {
    element('progress').hidden = false;
    element('progress').textContent = this.messages.said(outlook(progress, remaining));
  }

  /** Warns while scores and order say different things. */
  warn() {
    element('warning').textContent = this.ranking.isContradictory() ? this.messages.text('rank.contradiction') : '';
  }

  /** Draws again after an act and puts the focus back: on the answer, if one had it, or on its field with this name. */
  redraw(index, field) {
    this.say('');
    this.show();
    this.saveSoon();
    const card = [...element('answers').children].find(other => Number(other.dataset.index) === index);
    (field ? card?.querySelector(`[name=${field}]`) : card)?.focus();
  }

  card(index) {
    const { question, places, notes } = this.ranking;
    const { text: answer, truncated } = question.answers[index];
    const text = answer.trim() ? answer : this.messages.text('rank.emptyAnswer');
    return make('li', {
      data: { index },
      tabIndex: 0,
      draggable: true,
      'aria-label': this.messages.text('rank.answer', { place: places[index], text }),
      on: {
        dragstart: event => this.drag(event, index),
        dragend: () => {
          this.dragged = null;
        },
        dragover: event => {
          if (this.dragged !== null) {
            event.preventDefault();
            event.currentTarget.classList.add('over');
          }
        },
        dragleave: event => event.currentTarget.classList.remove('over'),
        drop: event => this.drop(event, index),
      },
    },
    make('span', { className: 'rank' }, String(places[index])),
    make('div', { className: 'text' }, ...this.content(index, text),
      ...(truncated ? [make('span', { className: 'cut' }, this.messages.text('rank.truncated'))] : [])),
    make('div', { className: 'row' },
      this.choice('place', 'rank.place', places.map((_, place) => place + 1), places[index], value => {
        this.ranking.place(index, Number(value));
        this.redraw(index, 'place');
      }),
      this.choice('score', 'rank.score', ['', ...Array(MAX_SCORE + 1).keys()], notes[index].score, value => {
        notes[index].score = value;
        this.warn();
        this.saveSoon();
      }),
      make('label', { className: 'reason' }, this.messages.text('rank.reason'), make('input', {
        name: 'reason',
        maxLength: 2000,
        value: notes[index].reason,
        on: { input: event => {
          notes[index].reason = event.target.value;
          this.saveSoon();
        } },
      }))));
  }

  /** An answer as it is read: long ones as text, with what the best one does not have marked; else as Markdown. */
  content(index, text) {
    const best = this.ranking.order()[0];
    if (!this.ranking.isLong() || !this.marksDifferences || index === best) {
      return rendered(text);
    }
    const parts = differences(this.ranking.question.answers[best].text, text);
    return parts.length === 0 ? rendered(text)
      : [make('div', { className: 'compared' }, ...parts.map(part => (part.isNew ? make('mark', {}, part.text) : part.text)))];
  }

  choice(name, label, values, chosen, changed) {
    return make('label', { className: name }, this.messages.text(label), make('select',
      { name, on: { change: event => changed(event.target.value) } },
      ...values.map(value => make('option', { value, selected: String(value) === String(chosen) },
        value === '' ? '–' : String(value)))));
  }

  key(event) {
    if (!this.ranking && event.key !== 'b' || element('task').hidden && !this.last || document.querySelector('dialog[open]')) {
      return;
    }
    const { target } = event;
    const card = target.closest('#answers > li');
    const act = keyAct(event, target.matches('input, select'));
    // Enter belongs to the button that has the focus, elsewhere it sends.
    if (act === null || act === 'send' && (target.matches('button, a, select') || target.closest('#who'))) {
      return;
    }
    if (typeof act === 'string') {
      event.preventDefault();
      // A key does what its button does, where there is one: who corrects a ranking cannot say that it cannot be judged.
      if (!element(act).hidden) {
        this[act]();
      }
    } else if (card && target === card) {
      event.preventDefault();
      const index = Number(card.dataset.index);
      if (act.place) {
        this.ranking.place(index, act.place);
      } else {
        this.ranking.moveBy(index, act.moveBy);
      }
      this.redraw(index);
    }
  }

  drag(event, index) {
    // What is selected in an answer can be dragged, too.
    if (event.target === event.currentTarget) {
      this.dragged = index;
      event.dataTransfer.setData(ANSWER, '');
    }
  }

  drop(event, index) {
    event.preventDefault();
    event.currentTarget.classList.remove('over');
    const { dragged } = this;
    this.dragged = null;
    if (dragged !== null) {
      this.ranking.move(dragged, this.ranking.order().indexOf(index));
      this.redraw(dragged);
    }
  }
}

const annotator = () => element('annotator').value.trim();

/** The answer that has the focus. */
const focused = () => Number(document.activeElement.closest('#answers > li')?.dataset.index ?? -1);

new RankingPage(await pageMessages).start();
