// The ranking page: order by dragging, with the arrow keys or by place (equal places are ties), score, say why.
import { get, post, reasonOf } from '../alignstream/api.js';
import { element, make } from '../alignstream/dom.js';
import { otherLanguage, pageMessages, translate } from '../alignstream/language.js';
import { MAX_SCORE, Ranking } from './rank-model.js';

const ANNOTATOR = 'alignstream-annotator';

class RankingPage {
  constructor(messages) {
    this.messages = messages;
    this.ranking = null;
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
    element('send').addEventListener('click', () => this.send());
    document.addEventListener('keydown', event => {
      if (event.key === 'Enter' && this.ranking && event.target.closest('#answers')) {
        event.preventDefault();
        this.send();
      }
    });
    element('annotator').value = localStorage.getItem(ANNOTATOR) ?? '';
    this.translate();
    if (annotator()) {
      this.next();
    } else {
      element('annotator').focus();
    }
  }

  translate() {
    translate(document, this.messages);
    document.title = `${this.messages.text('rank.title')} · Alignstream`;
    element('name').textContent = this.messages.text('rank.as', { name: annotator() });
    this.say('');
    if (this.ranking) {
      this.show();
    }
  }

  say(text, isProblem = false) {
    element('note').textContent = text;
    element('note').classList.toggle('problem', isProblem);
  }

  askName() {
    this.ranking = null;
    for (const id of ['as', 'task', 'done', 'remaining']) {
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
    } catch (problem) {
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
      return false;
    }
    this.say('');
    this.show();
    element('answers').firstElementChild.focus();
    return true;
  }

  async send() {
    if (!this.ranking) {
      return;
    }
    if (this.ranking.isHalfScored()) {
      this.say(this.messages.text('rank.halfScored'), true);
      return;
    }
    try {
      await post('/rankings', this.ranking.judgement(annotator()));
    } catch (problem) {
      this.complain(problem);
      return;
    }
    if (await this.next()) {
      this.say(this.messages.text('rank.sent'));
    }
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
    element('remaining').textContent = this.messages.text('rank.remaining', { requests: question.remaining });
    element('messages').replaceChildren(...question.messages.map(({ role, content }) => make('div',
      { className: `message ${role}` },
      ...(question.messages.length > 1 ? [make('span', { className: 'role' }, this.messages.text(`role.${role}`))] : []),
      content)));
    element('answers').replaceChildren(...this.ranking.order().map(index => this.card(index)));
  }

  /** Draws again and puts the focus back: on the answer, or on its field with this name. */
  redraw(index, field) {
    this.show();
    const card = [...element('answers').children].find(other => Number(other.dataset.index) === index);
    (field ? card.querySelector(`[name=${field}]`) : card).focus();
  }

  card(index) {
    const { question, places, notes } = this.ranking;
    const text = question.answers[index] || this.messages.text('rank.emptyAnswer');
    return make('li', {
      data: { index },
      tabIndex: 0,
      draggable: true,
      'aria-label': this.messages.text('rank.answer', { place: places[index], text }),
      on: {
        keydown: event => event.target === event.currentTarget && this.key(event, index),
        dragstart: event => event.dataTransfer.setData('text/plain', String(index)),
        dragover: event => {
          event.preventDefault();
          event.currentTarget.classList.add('over');
        },
        dragleave: event => event.currentTarget.classList.remove('over'),
        drop: event => this.drop(event, index),
      },
    },
    make('span', { className: 'rank' }, String(places[index])),
    make('span', { className: 'text' }, text),
    make('div', { className: 'row' },
      this.choice('place', 'rank.place', places.map((_, place) => place + 1), places[index], value => {
        this.ranking.place(index, Number(value));
        this.redraw(index, 'place');
      }),
      this.choice('score', 'rank.score', ['', ...Array(MAX_SCORE + 1).keys()], notes[index].score, value => {
        notes[index].score = value;
      }),
      make('label', { className: 'reason' }, this.messages.text('rank.reason'), make('input', {
        name: 'reason',
        maxLength: 2000,
        value: notes[index].reason,
        on: { input: event => { notes[index].reason = event.target.value; } },
      }))));
  }

  choice(name, label, values, chosen, changed) {
    return make('label', { className: name }, this.messages.text(label), make('select',
      { name, on: { change: event => changed(event.target.value) } },
      ...values.map(value => make('option', { value, selected: String(value) === String(chosen) },
        value === '' ? '–' : String(value)))));
  }

  key(event, index) {
    if (/^[1-9]$/.test(event.key)) {
      this.ranking.place(index, Number(event.key));
    } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      event.preventDefault();
      this.ranking.moveBy(index, event.key === 'ArrowUp' ? -1 : 1);
    } else {
      return;
    }
    this.redraw(index);
  }

  drop(event, index) {
    event.preventDefault();
    const dragged = Number(event.dataTransfer.getData('text/plain'));
    if (Number.isInteger(dragged) && dragged in this.ranking.places) {
      this.ranking.move(dragged, this.ranking.order().indexOf(index));
      this.redraw(dragged);
    }
  }
}

const annotator = () => element('annotator').value.trim();

new RankingPage(await pageMessages).start();
