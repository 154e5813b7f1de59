// One answer of the chat: its text, what is said of it and what becomes of that.
import { post, reasonOf } from '../alignstream/api.js';
import { element } from '../alignstream/dom.js';
import { translate } from '../alignstream/language.js';
import { ownKey, remember, storage } from './storage.js';
import { showSources } from './sources-view.js';
import { showTokens } from './tokens-view.js';

const USER = ownKey('alignstream-user');
/** The pseudonym where none was kept. */
const made = crypto.getRandomValues(new Uint32Array(2)).join('-');

/** Has a screen reader say something. */
export function announce(messages, code, values) {
  element('announcer').textContent = messages.text(code, values);
}

export class AnswerView {
  /** An empty answer, which is being written, at the end of those to `turn`, which stand in `item`. */
  constructor(page, turn, item) {
    this.page = page;
    this.turn = turn;
    this.item = item;
    this.node = element('answer').content.cloneNode(true).firstElementChild;
    this.node.setAttribute('aria-busy', 'true');
    item.querySelector('.answers').append(this.node);
    translate(this.node, page.messages);
  }

  find(selector) {
    return this.node.querySelector(selector);
  }

  write(text) {
    this.find('.text').textContent = text;
  }

  /** What the answer is grounded in; null for nothing that was asked for. */
  ground(sources) {
    showSources(this.find('.sources'), sources, this.page.messages);
  }

  remove() {
    this.node.remove();
  }

  end() {
    this.node.setAttribute('aria-busy', 'false');
  }

  /** Says something below the answer; it follows the page's language. */
  note(reason, isError = false) {
    const line = this.find('.note');
    line.dataset.reason = JSON.stringify(reason);
    line.classList.toggle('error', isError);
    line.hidden = false;
    line.querySelector('span').textContent = this.page.messages.said(reason);
    return line;
  }

  /** The answer has ended: it may be copied, judged, corrected and asked for once more. */
  finish(answer) {
    this.answer = answer;
    this.end();
    this.write(answer.text);
    this.ground(answer.sources);
    if (answer.drawn.all.length > 0) {
      showTokens(this.find('.text'), answer, () => this.page.messages);
      this.find('.legend').hidden = false;
    }
    if (answer.note) {
      this.note(answer.note, answer.note.code === 'chat.failed');
    }
    const version = this.find('.version');
    version.textContent = [answer.model, answer.sha256?.slice(0, 12)].filter(part => part).join(' · ');
    version.title = answer.sha256 ? `sha256 ${answer.sha256}` : '';
    this.find('.verdict').hidden = false;
    this.find('.origin').href = `lineage?response=${encodeURIComponent(answer.id)}`;
    this.find('.another').addEventListener('click', () => this.page.isBusy() || this.page.ask(this.turn, this.item, answer));
    this.find('.copy').addEventListener('click', () => this.copy());
    this.find('.better').addEventListener('click', () => this.preferThis());
    this.node.querySelectorAll('[data-thumb]').forEach(button => button.addEventListener('click', () => this.rate(button.dataset.thumb)));
    this.find('.correction').addEventListener('submit', event => {
      event.preventDefault();
      this.correct();
    });
    this.item.views = [...(this.item.views ?? []).filter(view => view.node.isConnected), this];
    this.item.views.forEach(view => view.showOpinions());
    const others = this.turn.answers.filter(other => other !== answer);
    if (!answer.note && others.length > 0 && others.every(other => other.repeats(answer))) {
      this.note({ code: 'chat.same' });
    }
  }

  /** The answer that this one is better than, if it is called the better one; undefined if nothing can be compared. */
  rival() {
    const others = this.turn.answers.filter(other => other !== this.answer);
    const rival = this.turn.chosen === this.answer ? others.at(-1) : this.turn.chosen;
    return rival && !rival.repeats(this.answer) ? rival : undefined;
  }

  showOpinions() {
    const { opinion } = this.answer;
    for (const button of this.node.querySelectorAll('[data-thumb]')) {
      button.setAttribute('aria-pressed', String(button.dataset.thumb === opinion?.thumb && !opinion.better));
    }
    const better = this.find('.better');
    better.hidden = this.turn.answers.length < 2 || !this.rival();
    better.setAttribute('aria-pressed', String(Boolean(opinion?.better)));
    const goesOn = this.turn.answers.length > 1 && this.turn.chosen === this.answer;
    this.find('.goes-on').hidden = !goesOn;
    this.node.classList.toggle('chosen', goesOn);
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.answer.text);
      announce(this.page.messages, 'chat.copied');
      const button = this.find('.copy');
      button.classList.add('done');
      setTimeout(() => button.classList.remove('done'), 2_000);
    } catch (problem) {
      console.debug(problem);
      this.note({ code: 'chat.notCopied' }, true);
    }
  }

  async rate(thumb) {
    if (!await this.giveFeedback({ thumb })) {
      return;
    }
    const correction = this.find('.correction');
    correction.hidden = thumb === 'up';
    if (!correction.hidden) {
      const field = correction.querySelector('textarea');
      field.id = `correction-${this.answer.id}`;
      correction.querySelector('label').htmlFor = field.id;
      field.focus();
    }
  }

  async correct() {
    const correction = this.find('.correction').querySelector('textarea').value.trim();
    if (correction && await this.giveFeedback({ thumb: 'down', correction })) {
      this.find('.correction').hidden = true;
      element('question').focus();
    }
  }

  /** The conversation goes on from the better answer. */
  async preferThis() {
    const rival = this.rival();
    if (await this.giveFeedback({ thumb: 'up', better_than: rival.id, better_than_receipt: rival.receipt })) {
      this.turn.chosen = this.answer;
      this.turn.answers.filter(other => other !== this.answer && other.opinion?.better).forEach(other => {
        other.opinion = null;
      });
      this.page.keep();
      this.item.views.forEach(view => view.showOpinions());
    }
  }

  /** Sends an opinion and says what became of it. */
  async giveFeedback(opinion) {
    try {
      const { id, receipt } = this.answer;
      const { became } = await post('v1/feedback', { response_id: id, receipt, user: pseudonym(), ...opinion });
      this.answer.opinion = { thumb: opinion.thumb, better: Boolean(opinion.better_than) };
      this.answer.note = became;
      this.note(became);
      announce(this.page.messages, became.code, became.arguments);
      this.showOpinions();
      this.page.keep();
      return true;
    } catch (problem) {
      this.note(reasonOf(problem), true);
      return false;
    }
  }
}

/** Tells this browser's opinions from others', without saying whose they are. */
function pseudonym() {
  const name = storage('localStorage').getItem(USER) ?? made;
  remember('localStorage', USER, name);
  return name;
}
