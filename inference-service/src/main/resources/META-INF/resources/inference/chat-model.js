// A conversation with the served model. Pure: no document, no network.
import { Tokens } from './tokens-model.js';

const sum = numbers => numbers.reduce((total, number) => total + number, 0);

/** A question with its answers; the conversation goes on from the one that is `chosen`, null while there is none. */
export class Turn {
  constructor(question) {
    this.question = question;
    this.answers = [];
    this.chosen = null;
  }

  /** Takes in another answer; the first one is chosen until somebody says which one is better. */
  add(answer) {
    this.answers.push(answer);
    this.chosen ??= answer;
  }

  /** Leaves an answer out, as if it had never come. */
  remove(answer) {
    this.answers = this.answers.filter(other => other !== answer);
    if (this.chosen === answer) {
      this.chosen = this.answers[0] ?? null;
    }
  }

  /** As an object that JSON can hold, with what was sent for the answers or without. */
  kept(withMessages = true) {
    return {
      question: this.question,
      chosen: this.answers.indexOf(this.chosen),
      answers: this.answers.map(answer => answer.kept(withMessages)),
    };
  }

  static of({ question, chosen, answers }) {
    const turn = new Turn(question);
    answers.forEach(answer => turn.add(Answer.of(question, answer)));
    turn.chosen = turn.answers[chosen] ?? turn.chosen;
    return turn;
  }
}

/** What was asked and answered so far. */
export class Conversation {
  constructor(turns = []) {
    this.turns = turns;
  }

  add(turn) {
    this.turns.push(turn);
  }

  /** What was said before `turn`; all where it is none of these. */
  before(turn) {
    const index = this.turns.indexOf(turn);
    return new Conversation(index < 0 ? [...this.turns] : this.turns.slice(0, index));
  }

  /** Goes back to before `turn`: it and what follows are left out. */
  cutAt(turn) {
    this.turns = this.before(turn).turns;
  }

  /** As JSON can hold it. What was sent is kept of the last turn only: with each turn it is the whole conversation once more. */
  kept() {
    return this.turns.map(turn => turn.kept(turn === this.turns.at(-1)));
  }

  /**
   * What may be sent with a new question, longest first: as much of the conversation as surely fits, then ever less, the
   * oldest left out first. Half of the model's `positions` are for the new question and its answer. `system`, where there is
   * one, always goes first.
   */
  *attempts(question, positions, system = '') {
    let kept = this.turns.filter(({ chosen }) => chosen !== null && chosen.text.trim() !== '');
    const all = this.turns.length;
    while (kept.length > 0 && sum(kept.map(({ chosen }) => chosen.tokens)) > positions / 2) {
      kept = kept.slice(1);
    }
    for (; ; kept = kept.slice(1)) {
      yield {
        messages: [
          ...(system ? [{ role: 'system', content: system }] : []),
          ...kept.flatMap(messagesOf),
          { role: 'user', content: question },
        ],
        tokens: sum(kept.map(({ chosen }) => chosen.tokens)),
        whole: kept.length === all,
      };
      if (kept.length === 0) {
        return;
      }
    }
  }
}

function messagesOf({ question, chosen }) {
  return [{ role: 'user', content: question }, { role: 'assistant', content: chosen.text }];
}

/** Takes a stream of server-sent events apart: pieces of text in, JSON out. */
export class EventReader {
  constructor() {
    this.rest = '';
    this.ended = false;
  }

  /** The events that are complete with this piece; none follow the API's [DONE]. */
  read(piece) {
    const lines = (this.rest + piece).split('\n');
    this.rest = lines.pop();
    const events = [];
    for (const line of lines) {
      const data = line.startsWith('data:') ? line.slice(5).trim() : '';
      this.ended ||= data === '[DONE]';
      if (data && !this.ended) {
        events.push(JSON.parse(data));
      }
    }
    return events;
  }
}

/** What of an answer is kept when the page is left; token probabilities are not. */
const KEPT = ['text', 'messages', 'sentTokens', 'tokens', 'id', 'receipt', 'finish', 'model', 'sha256', 'sources', 'note', 'opinion'];

/** An answer that grows event by event. */
export class Answer {
  /** The answer to a question that was sent as the last of `messages`, with `sentTokens` of earlier conversation. */
  constructor(question, sentTokens, messages = []) {
    this.question = question;
    this.messages = messages;
    this.sentTokens = sentTokens;
    this.text = '';
    this.tokens = 0;
    this.id = null;
    this.receipt = null;
    this.finish = null;
    this.model = null;
    this.sha256 = null;
    /** Token by token, where the service was asked for probabilities. */
    this.drawn = new Tokens();
    /** What it is grounded in, as the service says it: passages, and how many were left out; null where that was not asked for. */
    this.sources = null;
    /** What stands below it, a reason; null for nothing. */
    this.note = null;
    /** What was said of it: `{thumb, better}`; null for nothing. */
    this.opinion = null;
  }

  /** Takes in an event of the stream. */
  add({ id, model, choices, usage, receipt, retrieval }) {
    const [choice] = choices;
    this.id = id;
    this.model = model ?? this.model;
    this.receipt = receipt ?? this.receipt;
    this.sources = retrieval ?? this.sources;
    this.finish = choice?.finish_reason ?? this.finish;
    this.tokens = usage ? usage.total_tokens - this.sentTokens : this.tokens;
    this.text += choice?.delta?.content ?? '';
    this.drawn.add(choice?.logprobs?.content ?? []);
  }

  /** Whether the model has said the same as in the `other` answer. */
  repeats(other) {
    return this.text.trim() === other.text.trim();
  }

  /** The code of what is to be said below the complete answer; null if nothing is. */
  ending() {
    if (this.text.trim() === '') {
      return 'chat.empty';
    }
    return this.finish === 'length' ? 'chat.cut' : null;
  }

  /** As an object that JSON can hold. */
  kept(withMessages = true) {
    return Object.fromEntries(KEPT.filter(name => withMessages || name !== 'messages').map(name => [name, this[name]]));
  }

  static of(question, kept) {
    const answer = new Answer(question, kept.sentTokens, kept.messages);
    KEPT.forEach(name => {
      answer[name] = kept[name] ?? answer[name];
    });
    return answer;
  }
}
