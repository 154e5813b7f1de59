// The chat page: streams answers of /v1/chat/completions, sends opinions to /v1/feedback and says what becomes of them.
import { CallFailed, failure, get, open, post, reasonOf } from '../alignstream/api.js';
import { element, make } from '../alignstream/dom.js';
import { otherLanguage, pageMessages, translate } from '../alignstream/language.js';
import { Answer, Conversation, EventReader } from './chat-model.js';

const TEMPERATURE = 0.7;

class ChatPage {
  constructor(messages) {
    this.messages = messages;
    this.conversation = new Conversation();
    this.served = null;
    /** Code of what is wrong with the service, null while it answers. */
    this.trouble = null;
    /** Lets the answer on its way be stopped. */
    this.writing = null;
  }

  start() {
    element('form').addEventListener('submit', event => {
      event.preventDefault();
      this.sendOrStop();
    });
    element('question').addEventListener('input', () => this.grow());
    element('question').addEventListener('keydown', event => this.key(event));
    document.addEventListener('keydown', event => event.key === 'Escape' && this.writing?.abort());
    element('new').addEventListener('click', () => this.begin());
    element('language').addEventListener('click', async () => {
      this.messages = await otherLanguage(this.messages);
      this.translate();
    });
    this.translate();
    this.watchModel();
  }

  translate() {
    translate(document, this.messages);
    document.title = this.messages.text('chat.title');
    document.querySelectorAll('.note[data-reason]').forEach(line => this.sayNote(line));
    this.showButton();
    this.showModel();
  }

  announce(code, values) {
    element('announcer').textContent = this.messages.text(code, values);
  }

  async watchModel() {
    try {
      this.served = await get('served');
      this.trouble = null;
    } catch {
      this.trouble = 'chat.unreachable';
    }
    this.showModel();
    setTimeout(() => this.watchModel(), this.served?.sha256 ? 10_000 : 2_000);
  }

  showModel() {
    const line = element('model');
    const known = this.trouble === null && Boolean(this.served?.sha256);
    line.classList.toggle('served', known);
    line.classList.toggle('none', !known);
    if (!known) {
      line.textContent = this.messages.text(this.trouble ?? 'chat.none');
      return;
    }
    const { model, sha256, run, since } = this.served;
    line.replaceChildren(`${model} `, make('code', { title: `sha256 ${sha256}` }, sha256.slice(0, 12)),
      ` · ${this.messages.text('chat.model', { run, since: this.messages.time(since) })}`);
  }

  showButton() {
    const send = element('send');
    send.textContent = this.messages.text(this.writing ? 'chat.stop' : 'chat.send');
    send.classList.toggle('primary', !this.writing);
    send.disabled = !this.writing && element('question').value.trim() === '';
  }

  key(event) {
    // isComposing: Enter that only confirms an input method's candidate sends nothing.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) {
      return;
    }
    event.preventDefault();
    if (this.writing) {
      this.announce('chat.busy');
    } else {
      element('form').requestSubmit();
    }
  }

  grow() {
    const question = element('question');
    question.style.height = 'auto';
    question.style.height = `${question.scrollHeight + 2}px`;
    this.showButton();
  }

  begin() {
    this.writing?.abort();
    this.conversation.clear();
    element('turns').replaceChildren();
    element('welcome').hidden = false;
    element('question').focus();
  }

  sendOrStop() {
    const question = element('question').value.trim();
    if (this.writing) {
      this.writing.abort();
    } else if (question) {
      element('question').value = '';
      this.grow();
      this.ask(question);
    }
  }

  /** Asks; with a `rival`, `{item, answer}`, the same once more, to compare both answers. */
  async ask(question, rival = null) {
    const item = this.addExchange(question, rival);
    const writing = new AbortController();
    this.writing = writing;
    item.querySelector('.answer').setAttribute('aria-busy', 'true');
    this.showButton();
    let answer = null;
    try {
      const { response, attempt } = rival
        ? await this.repeat(rival.answer, writing.signal) : await this.request(question, writing.signal);
      answer = new Answer(question, attempt.tokens, attempt.messages);
      answer.sha256 = response.headers.get('X-Model-Sha256');
      if (!attempt.whole) {
        this.note(item, { code: 'chat.dropped' });
      }
      await this.write(response, answer, item);
      if (answer.note()) {
        this.note(item, { code: answer.note() });
      }
      this.announce('chat.answered', { answer: answer.answer });
    } catch (problem) {
      if (problem.name === 'AbortError') {
        this.note(item, { code: 'chat.stopped' });
      } else {
        console.debug(problem);
        this.offerRetry(item, question, rival, answer, reasonOf(problem));
      }
    }
    item.querySelector('.answer').setAttribute('aria-busy', 'false');
    if (this.writing === writing) {
      this.writing = null;
    }
    if (answer?.id && item.isConnected) {
      this.offerVerdict(item, answer);
      if (rival) {
        this.offerComparison(rival, { item, answer });
      } else {
        this.conversation.add(answer);
      }
    }
    this.showButton();
    keepEnd(isAtEnd());
    element('question').focus();
  }

  /** Asks with as much of the conversation as fits. */
  async request(question, signal) {
    const positions = this.served?.positions || Infinity;
    let refused;
    for (const attempt of this.conversation.attempts(question, positions)) {
      try {
        return { response: await this.send(attempt.messages, signal), attempt };
      } catch (problem) {
        if (problem.code !== 'context_length_exceeded') {
          throw problem;
        }
        refused = problem;
      }
    }
    throw refused;
  }

  /** Asks what was asked for `answer` once more. */
  async repeat({ messages, sentTokens }, signal) {
    return { response: await this.send(messages, signal), attempt: { messages, tokens: sentTokens, whole: true } };
  }

  send(messages, signal) {
    return open('v1/chat/completions', {
      messages,
      stream: true,
      stream_options: { include_usage: true },
      temperature: TEMPERATURE,
    }, signal);
  }

  /** Shows the answer while it is written. */
  async write(response, answer, item) {
    const events = new EventReader();
    const pieces = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let piece = await pieces.read(); !piece.done && !events.ended; piece = await pieces.read()) {
      for (const event of events.read(piece.value)) {
        if (event.error) {
          throw failure(response.status, event);
        }
        const follow = isAtEnd();
        answer.add(event);
        item.querySelector('.text').textContent = answer.answer;
        keepEnd(follow);
      }
    }
    if (answer.finish === null) {
      throw new CallFailed(0, { code: 'call.broken' });
    }
  }

  addExchange(question, rival) {
    element('welcome').hidden = true;
    const item = element('exchange').content.cloneNode(true).firstElementChild;
    item.querySelector('.question').textContent = question;
    item.classList.toggle('again', rival !== null);
    if (rival) {
      rival.item.after(item);
    } else {
      element('turns').append(item);
    }
    translate(item, this.messages);
    keepEnd(rival === null);
    return item;
  }

  /** Says something below an answer; it follows the page's language. */
  note(item, reason, isError = false) {
    const line = item.querySelector('.note');
    line.dataset.reason = JSON.stringify(reason);
    line.classList.toggle('error', isError);
    line.hidden = false;
    this.sayNote(line);
    return line;
  }

  sayNote(line) {
    line.querySelector('span').textContent = this.messages.said(JSON.parse(line.dataset.reason));
  }

  offerRetry(item, question, rival, answer, problem) {
    const line = this.note(item, { code: 'chat.failed', arguments: { problem } }, true);
    this.announce('chat.failed', { problem });
    const retry = make('button', {
      type: 'button',
      data: { text: 'chat.retry' },
      on: {
        click: () => {
          if (!this.writing) {
            item.remove();
            this.conversation.remove(answer);
            this.ask(question, rival);
          }
        },
      },
    }, this.messages.text('chat.retry'));
    line.append(retry);
  }

  offerVerdict(item, answer) {
    const row = item.querySelector('.verdict');
    const correction = item.querySelector('.correction');
    const version = row.querySelector('.version');
    row.hidden = false;
    version.textContent = answer.sha256?.slice(0, 12) ?? '';
    version.title = `sha256 ${answer.sha256 ?? ''}`;
    row.querySelector('.origin').href = `lineage?response=${encodeURIComponent(answer.id)}`;
    const buttons = [...row.querySelectorAll('[data-thumb]')];
    row.querySelector('.another').addEventListener('click', () => this.writing || this.ask(answer.question, { item, answer }));
    for (const button of buttons) {
      button.addEventListener('click', async () => {
        if (!await this.giveFeedback(item, answer, { thumb: button.dataset.thumb })) {
          return;
        }
        buttons.forEach(other => other.setAttribute('aria-pressed', String(other === button)));
        correction.hidden = button.dataset.thumb === 'up';
        if (!correction.hidden) {
          const field = correction.querySelector('textarea');
          field.id = `correction-${answer.id}`;
          correction.querySelector('label').htmlFor = field.id;
          field.focus();
        }
      });
    }
    correction.addEventListener('submit', async event => {
      event.preventDefault();
      const better = correction.querySelector('textarea').value.trim();
      if (better && await this.giveFeedback(item, answer, { thumb: 'down', correction: better })) {
        correction.hidden = true;
        element('question').focus();
      }
    });
  }

  /** Of two answers to the same, either may be called the better one; the conversation goes on from it. */
  offerComparison(first, second) {
    if (second.answer.repeats(first.answer)) {
      this.note(second.item, { code: 'chat.same' });
      return;
    }
    const sides = [first, second];
    // Asked for once more, a third answer is compared with the one beside which it was asked for.
    sides.forEach(({ item }) => item.querySelector('.better').replaceWith(item.querySelector('.better').cloneNode(true)));
    sides.forEach(({ item, answer }, index) => {
      const other = sides[1 - index];
      const button = item.querySelector('.better');
      button.hidden = false;
      button.addEventListener('click', async () => {
        if (await this.giveFeedback(item, answer, {
          thumb: 'up', better_than: other.answer.id, better_than_receipt: other.answer.receipt,
        })) {
          button.setAttribute('aria-pressed', 'true');
          other.item.querySelector('.better').setAttribute('aria-pressed', 'false');
          this.conversation.replace(other.answer, answer);
        }
      });
    });
  }

  /** Sends an opinion and says what became of it. */
  async giveFeedback(item, answer, opinion) {
    try {
      const { id, receipt } = answer;
      const { became } = await post('v1/feedback', { response_id: id, receipt, user: pseudonym(), ...opinion });
      this.note(item, became);
      this.announce(became.code, became.arguments);
      return true;
    } catch (problem) {
      this.note(item, reasonOf(problem), true);
      return false;
    }
  }
}

/** Tells this browser's opinions from others', without saying whose they are. */
function pseudonym() {
  const name = localStorage.getItem('alignstream-user') ?? crypto.getRandomValues(new Uint32Array(2)).join('-');
  localStorage.setItem('alignstream-user', name);
  return name;
}

function isAtEnd() {
  const { scrollHeight, scrollTop, clientHeight } = element('conversation');
  return scrollHeight - scrollTop - clientHeight < 80;
}

function keepEnd(wasAtEnd) {
  if (wasAtEnd) {
    element('conversation').scrollTop = element('conversation').scrollHeight;
  }
}

new ChatPage(await pageMessages).start();
