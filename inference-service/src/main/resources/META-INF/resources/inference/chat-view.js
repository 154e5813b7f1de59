// The chat page: streams answers of /v1/chat/completions and keeps the conversation in this browser.
import { CallFailed, failure, get, open, reasonOf } from '../alignstream/api.js';
import { element, make, say } from '../alignstream/dom.js';
import { otherLanguage, pageMessages, translate } from '../alignstream/language.js';
import { AnswerView, announce } from './answer-view.js';
import { Answer, Conversation, EventReader, Turn } from './chat-model.js';
import { History } from './history-model.js';
import { HistoryView } from './history-view.js';
import { fields, picked, refusesProbabilities, settingsOf, versions } from './settings-model.js';
import { SettingsView } from './settings-view.js';
import { ownKey, remember, storage } from './storage.js';

const HISTORY = ownKey('alignstream-chats');
const SETTINGS = ownKey('alignstream-chat-settings');
/** Of this tab: a reload shows the conversation again, another tab begins a new one. */
const SHOWN = 'alignstream-chat';

class ChatPage {
  constructor(messages) {
    this.messages = messages;
    this.history = new History(storage('localStorage'), HISTORY);
    this.settings = settingsOf(storage('localStorage').getItem(SETTINGS));
    this.conversation = new Conversation();
    this.id = null;
    this.served = null;
    this.models = [];
    /** Name of the model that is asked. */
    this.model = null;
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
    document.addEventListener('keydown', event => {
      if (event.key === 'Escape' && !document.querySelector('dialog[open]')) {
        this.writing?.abort();
      }
    });
    element('new').addEventListener('click', () => this.begin());
    element('version').addEventListener('change', event => {
      this.model = event.target.value;
      this.showModel();
    });
    element('language').addEventListener('click', async () => {
      this.messages = await otherLanguage(this.messages);
      this.translate();
    });
    element('ground').addEventListener('change', event => this.keepSettings({ ...this.settings, retrieval: event.target.checked }));
    this.chats = new HistoryView(this);
    new SettingsView(this);
    this.translate();
    this.open(this.history.find(storage('sessionStorage').getItem(SHOWN)));
    this.watchModel();
  }

  translate() {
    translate(document, this.messages);
    document.title = this.messages.text('chat.title');
    document.querySelectorAll('[data-reason]').forEach(line => {
      line.querySelector('span').textContent = this.messages.said(JSON.parse(line.dataset.reason));
    });
    this.showButton();
    this.showModel();
    this.showExamples();
  }

  async watchModel() {
    try {
      [this.served, this.models] = await Promise.all([get('served'), get('v1/models').then(versions)]);
      this.trouble = null;
    } catch {
      this.trouble = 'chat.unreachable';
    }
    this.model = picked(this.models, this.model);
    this.showVersions();
    this.showGround();
    this.showModel();
    this.showExamples();
    setTimeout(() => this.watchModel(), this.served?.sha256 ? 10_000 : 2_000);
  }

  /** The choice is left alone while it is the same, so that nobody's open list closes. */
  showVersions() {
    const list = element('version');
    if (JSON.stringify(this.models) !== list.dataset.models) {
      list.dataset.models = JSON.stringify(this.models);
      list.replaceChildren(...this.models.map(({ id, label }) => make('option', { value: id }, label)));
    }
    list.value = this.model ?? '';
    list.parentElement.hidden = this.models.length === 0;
  }

  /** Answers can be grounded in documents where the service indexes them. */
  showGround() {
    element('ground').closest('label').hidden = !this.served?.retrieval;
    element('ground').checked = this.settings.retrieval;
  }

  showModel() {
    const line = element('model');
    const known = this.trouble === null && Boolean(this.served?.sha256);
    line.classList.toggle('served', known);
    line.classList.toggle('none', !known);
    const { run, created } = this.models.find(({ id }) => id === this.model) ?? {};
    const since = created && this.messages.time(created * 1000);
    say(line, known ? (run && since ? this.messages.text('chat.model', { run, since }) : '')
      : this.messages.text(this.trouble ?? 'chat.none'));
  }

  /** Some of the prompts that the model learned to answer; where there are none, what one may ask any model. */
  showExamples() {
    const known = this.served?.examples ?? [];
    const general = ['chat.example1', 'chat.example2', 'chat.example3'].map(code => this.messages.text(code));
    const examples = known.length > 0 ? known : general;
    const list = element('examples');
    element('examples-title').textContent = this.messages.text(known.length > 0 ? 'chat.learned' : 'chat.examples');
    if (JSON.stringify(examples) !== list.dataset.examples) {
      list.dataset.examples = JSON.stringify(examples);
      list.replaceChildren(...examples.map(example => make('li', {}, make('button', {
        type: 'button', dir: 'auto', on: { click: () => this.writing || this.askNew(example) },
      }, example))));
    }
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
    if (!this.isBusy()) {
      element('form').requestSubmit();
    }
  }

  /** Whether the model is writing, which is said: there is one answer at a time. */
  isBusy() {
    if (this.writing) {
      announce(this.messages, 'chat.busy');
    }
    return this.writing !== null;
  }

  grow() {
    const question = element('question');
    question.style.height = 'auto';
    question.style.height = `${question.scrollHeight + 2}px`;
    this.showButton();
  }

  /** Begins a new conversation. */
  begin() {
    this.open(null);
    element('question').focus();
  }

  /** Shows a conversation that was kept; null for a new one. */
  open(chat) {
    this.writing?.abort();
    this.id = chat?.id ?? crypto.getRandomValues(new Uint32Array(4)).join('-');
    remember('sessionStorage', SHOWN, this.id);
    this.conversation = new Conversation((chat?.turns ?? []).map(Turn.of));
    element('turns').replaceChildren();
    element('welcome').hidden = this.conversation.turns.length > 0;
    for (const turn of this.conversation.turns) {
      const item = this.addTurn(turn);
      turn.answers.forEach(answer => new AnswerView(this, turn, item).finish(answer));
      showAnswers(item);
    }
    keepEnd(true);
  }

  keep() {
    const kept = this.history.keep(this.id, this.conversation.kept(), new Date().toISOString());
    element('unkept').hidden = kept;
  }

  keepSettings(settings) {
    this.settings = settings;
    remember('localStorage', SETTINGS, JSON.stringify(settings));
    this.showGround();
  }

  sendOrStop() {
    const question = element('question').value.trim();
    if (this.writing) {
      this.writing.abort();
    } else if (question) {
      element('question').value = '';
      this.grow();
      this.askNew(question);
    }
  }

  askNew(question) {
    const turn = new Turn(question);
    return this.ask(turn, this.addTurn(turn));
  }

  /** Asks another question in place of the one of `turn`; what followed on that is left out. */
  askInstead(turn, item, question) {
    this.conversation.cutAt(turn);
    while (item.nextSibling) {
      item.nextSibling.remove();
    }
    item.remove();
    return this.askNew(question);
  }

  /**
   * Asks the question of `turn`; with an answer to it that is there, exactly what that one was asked for once more, as far as
   * that was kept.
   */
  async ask(turn, item, beside = null) {
    const view = new AnswerView(this, turn, item);
    const writing = new AbortController();
    const conversation = this.conversation;
    this.writing = writing;
    this.showButton();
    showAnswers(item);
    keepEnd(beside === null);
    let answer = null;
    let whole = false;
    try {
      const { response, attempt, refused } = beside?.messages.length > 0
        ? await this.send({ messages: beside.messages, tokens: beside.sentTokens, whole: true }, writing.signal)
        : await this.request(turn, writing.signal);
      answer = new Answer(turn.question, attempt.tokens, attempt.messages);
      answer.sha256 = response.headers.get('X-Model-Sha256');
      await this.write(response, answer, view);
      whole = true;
      answer.note = endingOf(answer, attempt, refused ?? this.settings.probabilities);
      announce(this.messages, 'chat.answered', { answer: answer.text });
    } catch (problem) {
      if (problem.name === 'AbortError') {
        view.note({ code: 'chat.stopped' });
        if (answer) {
          answer.note = { code: 'chat.stopped' };
        }
      } else {
        console.debug(problem);
        this.offerRetry(view, turn, item, beside, answer, reasonOf(problem));
      }
    }
    if (this.writing === writing) {
      this.writing = null;
    }
    if (answer?.id && item.isConnected) {
      if (!conversation.turns.includes(turn)) {
        conversation.add(turn);
      }
      turn.add(answer);
      view.finish(answer);
      this.keep();
    } else {
      view.end();
    }
    showAnswers(item);
    this.showButton();
    keepEnd(isAtEnd());
    if (whole && !beside && this.settings.pairs && item.isConnected && !this.writing) {
      return this.ask(turn, item, answer);
    }
    element('question').focus();
    return undefined;
  }

  /** Asks with as much of the conversation before `turn` as fits. */
  async request(turn, signal) {
    const positions = this.served?.positions || Infinity;
    let refused;
    for (const attempt of this.conversation.before(turn).attempts(turn.question, positions, this.settings.system.trim())) {
      try {
        return await this.send(attempt, signal);
      } catch (problem) {
        if (problem.code !== 'context_length_exceeded') {
          throw problem;
        }
        refused = problem;
      }
    }
    throw refused;
  }

  /** Asks without probabilities where the service refuses them: resolves to the reason as `refused`. */
  async send(attempt, signal) {
    const body = {
      ...(this.model === null ? {} : { model: this.model }),
      messages: attempt.messages,
      stream: true,
      stream_options: { include_usage: true },
    };
    const asked = { ...this.settings, retrieval: this.settings.retrieval && Boolean(this.served?.retrieval) };
    try {
      const response = await open('v1/chat/completions', { ...body, ...fields(asked) }, signal);
      return { response, attempt, refused: null };
    } catch (problem) {
      if (!refusesProbabilities(problem)) {
        throw problem;
      }
      const settings = { ...asked, probabilities: false };
      return { response: await open('v1/chat/completions', { ...body, ...fields(settings) }, signal), attempt, refused: problem.reason };
    }
  }

  /** Shows the answer while it is written. */
  async write(response, answer, view) {
    const events = new EventReader();
    const pieces = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let piece = await pieces.read(); !piece.done && !events.ended; piece = await pieces.read()) {
      for (const event of events.read(piece.value)) {
        if (event.error) {
          throw failure(response.status, event);
        }
        const follow = isAtEnd();
        answer.add(event);
        view.write(answer.text);
        if (event.retrieval) {
          view.ground(answer.sources);
        }
        keepEnd(follow);
      }
    }
    if (answer.finish === null) {
      throw new CallFailed(0, { code: 'call.broken' });
    }
  }

  addTurn(turn) {
    element('welcome').hidden = true;
    const item = element('turn').content.cloneNode(true).firstElementChild;
    const editing = item.querySelector('.editing');
    const field = editing.querySelector('textarea');
    const shown = [item.querySelector('.question'), item.querySelector('.edit')];
    const edit = open => {
      editing.hidden = !open;
      shown.forEach(node => {
        node.hidden = open;
      });
      (open ? field : item.querySelector('.edit')).focus();
    };
    item.querySelector('.question').textContent = turn.question;
    item.querySelector('.edit').addEventListener('click', () => {
      field.value = turn.question;
      edit(true);
    });
    item.querySelector('.cancel').addEventListener('click', () => edit(false));
    editing.addEventListener('submit', event => {
      event.preventDefault();
      if (field.value.trim() && !this.isBusy()) {
        this.askInstead(turn, item, field.value.trim());
      }
    });
    element('turns').append(item);
    translate(item, this.messages);
    return item;
  }

  offerRetry(view, turn, item, beside, answer, problem) {
    announce(this.messages, 'chat.failed', { problem });
    const line = view.note({ code: 'chat.failed', arguments: { problem } }, true);
    if (answer) {
      answer.note = { code: 'chat.failed', arguments: { problem } };
    }
    line.append(make('button', {
      type: 'button',
      data: { text: 'chat.retry' },
      on: {
        click: () => {
          if (!this.isBusy()) {
            turn.remove(answer);
            view.remove();
            this.ask(turn, item, beside);
          }
        },
      },
    }, this.messages.text('chat.retry')));
  }
}

/** What is said below a complete answer: the first that holds of how it was asked and how it ended. */
function endingOf(answer, attempt, probabilities) {
  const codes = [
    answer.ending(),
    attempt.whole ? null : 'chat.dropped',
    probabilities && answer.drawn.all.length === 0 ? 'chat.noProbabilities' : null,
  ].filter(code => code);
  if (codes.length === 0) {
    return null;
  }
  return codes.length === 1 ? { code: codes[0] } : {
    code: 'chat.both', arguments: { one: { code: codes[0] }, other: { code: codes[1] } },
  };
}

/** Several answers stand side by side, where there is room. */
function showAnswers(item) {
  const answers = item.querySelector('.answers');
  answers.classList.toggle('several', answers.childElementCount > 1);
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
