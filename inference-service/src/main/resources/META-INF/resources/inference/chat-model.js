// A conversation with the served model. Pure: no document, no network.

const sum = numbers => numbers.reduce((total, number) => total + number, 0);

/** What was asked and answered so far. An exchange: `{question, answer, tokens of both, id, sha256}`. */
export class Conversation {
  constructor() {
    this.exchanges = [];
  }

  add(exchange) {
    this.exchanges.push(exchange);
  }

  remove(exchange) {
    this.exchanges = this.exchanges.filter(other => other !== exchange);
  }

  /** The conversation goes on from another answer to the same. */
  replace(exchange, other) {
    this.exchanges = this.exchanges.map(each => (each === exchange ? other : each));
  }

  clear() {
    this.exchanges = [];
  }

  /**
   * What may be sent with a new question, longest first: as much of the conversation as surely fits, then ever less, the
   * oldest left out first. Half of the model's `positions` are for the new question and its answer.
   */
  *attempts(question, positions) {
    let kept = this.exchanges.filter(({ answer }) => answer.trim() !== '');
    while (kept.length > 0 && sum(kept.map(({ tokens }) => tokens)) > positions / 2) {
      kept = kept.slice(1);
    }
    for (; ; kept = kept.slice(1)) {
      yield {
        messages: [...kept.flatMap(messagesOf), { role: 'user', content: question }],
        tokens: sum(kept.map(({ tokens }) => tokens)),
        whole: kept.length === this.exchanges.length,
      };
      if (kept.length === 0) {
        return;
      }
    }
  }
}

function messagesOf({ question, answer }) {
  return [{ role: 'user', content: question }, { role: 'assistant', content: answer }];
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

/** An answer that grows event by event. */
export class Answer {
  /** The answer to a question that was sent as the last of `messages`, with `sentTokens` of earlier conversation. */
  constructor(question, sentTokens, messages = []) {
    this.question = question;
    this.messages = messages;
    this.sentTokens = sentTokens;
    this.answer = '';
    this.tokens = 0;
    this.id = null;
    this.receipt = null;
    this.finish = null;
  }

  /** Takes in an event of the stream. */
  add({ id, choices, usage, receipt }) {
    this.id = id;
    this.receipt = receipt ?? this.receipt;
    this.finish = choices[0]?.finish_reason ?? this.finish;
    this.tokens = usage ? usage.total_tokens - this.sentTokens : this.tokens;
    this.answer += choices[0]?.delta?.content ?? '';
  }

  /** Whether the model has said the same as in the `other` answer. */
  repeats(other) {
    return this.answer.trim() === other.answer.trim();
  }

  /** The code of what is to be said below the complete answer; null if nothing is. */
  note() {
    if (this.answer.trim() === '') {
      return 'chat.empty';
    }
    return this.finish === 'length' ? 'chat.cut' : null;
  }
}
