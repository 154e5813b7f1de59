import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Answer, Conversation, EventReader, Turn } from '../../main/resources/META-INF/resources/inference/chat-model.js';

function answer(text, tokens = 0) {
  const made = new Answer('q', 0);
  made.add({ id: text, choices: [{ delta: { content: text } }] });
  made.tokens = tokens;
  return made;
}

function turn(question, ...answers) {
  const made = new Turn(question);
  answers.forEach(each => made.add(each));
  return made;
}

function conversation(...tokens) {
  const made = new Conversation();
  tokens.forEach((count, index) => made.add(turn(`q${index}`, answer(`a${index}`, count))));
  return made;
}

test('a short conversation is sent as a whole first, then without its oldest turns', () => {
  // When
  const attempts = [...conversation(10, 10).attempts('new', 1000)];

  // Then
  assert.deepEqual(attempts.map(({ messages }) => messages.map(({ content }) => content)), [
    ['q0', 'a0', 'q1', 'a1', 'new'], ['q1', 'a1', 'new'], ['new'],
  ]);
  assert.deepEqual(attempts.map(({ whole, tokens }) => [whole, tokens]), [[true, 20], [false, 10], [false, 0]]);
});

test("half of the model's memory is kept for the new question", () => {
  // When
  const [first] = conversation(400, 300, 100).attempts('new', 1000);

  // Then
  assert.equal(first.tokens, 400);
  assert.equal(first.whole, false);
});

test('a system prompt goes before whatever is sent', () => {
  // When
  const attempts = [...conversation(10).attempts('new', 1000, 'Be brief.')];

  // Then
  assert.deepEqual(attempts.map(({ messages }) => messages[0]), [
    { role: 'system', content: 'Be brief.' }, { role: 'system', content: 'Be brief.' },
  ]);
});

test('turns without an answer are not sent', () => {
  // Given
  const talk = conversation(5);
  talk.add(turn('mute', answer(' ', 3)));

  // When
  const [first] = talk.attempts('new', 1000);

  // Then
  assert.deepEqual(first.messages.map(({ role }) => role), ['user', 'assistant', 'user']);
});

test('a question that is edited takes with it what followed', () => {
  // Given
  const talk = conversation(5, 6, 7);

  // When
  talk.cutAt(talk.turns[1]);

  // Then
  assert.deepEqual(talk.turns.map(({ question }) => question), ['q0']);
});

test('a question that never got an answer takes nothing with it', () => {
  // Given
  const talk = conversation(5, 6);

  // When
  talk.cutAt(turn('never'));

  // Then
  assert.equal(talk.turns.length, 2);
});

test('a conversation goes on from the better one of two answers', () => {
  // Given
  const talk = conversation(5);
  const better = answer('better', 7);
  talk.turns[0].add(better);

  // When
  talk.turns[0].chosen = better;

  // Then
  const [first] = talk.attempts('new', 1000);
  assert.deepEqual([first.messages[1].content, first.tokens], ['better', 7]);
});

test('an answer that is tried again leaves its turn', () => {
  // Given
  const [first, second] = [answer('one'), answer('two')];
  const both = turn('q', first, second);

  // When
  both.remove(first);

  // Then
  assert.deepEqual([both.answers.length, both.chosen === second], [1, true]);
});

test('a turn comes back from what was kept of it, judged as it was', () => {
  // Given
  const better = answer('two', 9);
  better.add({ id: 'b', model: 'm', choices: [{ delta: {}, finish_reason: 'stop' }], receipt: 'sealed' });
  better.opinion = { thumb: 'up', better: true };
  better.note = { code: 'feedback.compared' };
  const both = turn('q', answer('one'), better);
  both.chosen = better;

  // When
  const back = Turn.of(JSON.parse(JSON.stringify(both.kept())));

  // Then
  assert.deepEqual(back.answers.map(({ text }) => text), ['one', 'two']);
  const { receipt, tokens, model, opinion, note, finish } = back.chosen;
  assert.deepEqual([receipt, tokens, model, finish], ['sealed', 9, 'm', 'stop']);
  assert.deepEqual([opinion, note], [better.opinion, better.note]);
});

test('what was sent is kept of the last turn only, and found again for the others', () => {
  // Given
  const talk = conversation(5, 6);
  talk.turns.forEach(({ chosen }) => {
    chosen.messages = [{ role: 'user', content: 'sent' }];
  });

  // When
  const back = new Conversation(JSON.parse(JSON.stringify(talk.kept())).map(Turn.of));

  // Then
  assert.deepEqual(back.turns.map(({ chosen }) => chosen.messages.length), [0, 1]);
  const [sent] = back.before(back.turns[1]).attempts('q1', 1000);
  assert.deepEqual(sent.messages.map(({ content }) => content), ['q0', back.turns[0].chosen.text, 'q1']);
});

test('an answer that only repeats another one is none to compare with', () => {
  // Given
  const first = new Answer('q', 0, [{ role: 'user', content: 'q' }]);
  const again = new Answer('q', 0, first.messages);
  first.add({ id: 'a', choices: [{ delta: { content: 'yes' } }] });

  // When
  again.add({ id: 'b', choices: [{ delta: { content: ' yes\n' } }] });

  // Then
  assert.equal(again.repeats(first), true);
});

test('events are put together from pieces of the stream', () => {
  // Given
  const reader = new EventReader();
  const first = reader.read('data: {"id":"a"}\n\nda');

  // When
  const second = reader.read('ta: {"id":"b"}\n\ndata: [DONE]\n\ndata: {"id":"c"}\n');

  // Then
  assert.deepEqual(first, [{ id: 'a' }]);
  assert.deepEqual(second, [{ id: 'b' }]);
  assert.equal(reader.ended, true);
});

test('an answer grows and ends with its figures', () => {
  // Given
  const answer = new Answer('q', 20);

  // When
  answer.add({ id: 'x', choices: [{ delta: { content: 'Hel' } }] });
  answer.add({ id: 'x', choices: [{ delta: { content: 'lo' }, finish_reason: 'length' }] });
  answer.add({ id: 'x', choices: [], usage: { total_tokens: 50 } });

  // Then
  assert.deepEqual([answer.text, answer.tokens, answer.finish, answer.ending()], ['Hello', 30, 'length', 'chat.cut']);
});

test('an answer keeps its receipt, which comes with its end', () => {
  // Given
  const answer = new Answer('q', 0);

  // When
  answer.add({ id: 'x', choices: [{ delta: { content: 'Hi' } }] });
  answer.add({ id: 'x', choices: [{ delta: {}, finish_reason: 'stop' }], receipt: 'sealed' });
  answer.add({ id: 'x', choices: [], usage: { total_tokens: 5 } });

  // Then
  assert.equal(answer.receipt, 'sealed');
});

test('an answer without text says so, one that ends by itself says nothing', () => {
  // Given
  const mute = new Answer('q', 0);
  const whole = new Answer('q', 0);

  // When
  mute.add({ id: 'x', choices: [{ delta: { content: ' ' }, finish_reason: 'stop' }] });
  whole.add({ id: 'y', choices: [{ delta: { content: 'Hi' }, finish_reason: 'stop' }] });

  // Then
  assert.deepEqual([mute.ending(), whole.ending()], ['chat.empty', null]);
});

test('token probabilities come with the pieces that they belong to, or with none', () => {
  // Given
  const drawn = new Answer('q', 0);
  const token = { token: 'Hi', logprob: -0.1, bytes: [72, 105], top_logprobs: [] };

  // When
  drawn.add({ id: 'x', choices: [{ delta: { content: 'Hi' }, logprobs: { content: [token] } }] });
  drawn.add({ id: 'x', choices: [{ delta: { content: '!' }, logprobs: null }] });
  drawn.add({ id: 'x', choices: [{ delta: {}, finish_reason: 'stop', logprobs: { content: null } }] });

  // Then
  assert.deepEqual(drawn.drawn.all, [token]);
});

test('an answer keeps what it is grounded in', () => {
  // Given
  const answer = new Answer('Who?', 0);
  const retrieval = { sources: [{ number: 1, document: 'a', text: 'Oln.', score: 0.8, source: 'test' }], left_out: 2 };

  // When
  answer.add({ id: 'chatcmpl-1', choices: [{ delta: { role: 'assistant' } }], retrieval });
  answer.add({ id: 'chatcmpl-1', choices: [{ delta: { content: 'Oln.' } }] });

  // Then
  assert.deepEqual(Answer.of('Who?', JSON.parse(JSON.stringify(answer.kept()))).sources, retrieval);
});
