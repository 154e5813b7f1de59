import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Answer, Conversation, EventReader } from '../../main/resources/META-INF/resources/inference/chat-model.js';

function conversation(...tokens) {
  const made = new Conversation();
  tokens.forEach((count, index) => made.add({ question: `q${index}`, answer: `a${index}`, tokens: count }));
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

test('turns without an answer are not sent', () => {
  // Given
  const talk = conversation(5);
  talk.add({ question: 'mute', answer: ' ', tokens: 3 });

  // When
  const [first] = talk.attempts('new', 1000);

  // Then
  assert.deepEqual(first.messages.map(({ role }) => role), ['user', 'assistant', 'user']);
});

test('an exchange that is tried again leaves the conversation', () => {
  // Given
  const talk = conversation(5, 6);

  // When
  talk.remove(talk.exchanges[0]);

  // Then
  assert.deepEqual(talk.exchanges.map(({ question }) => question), ['q1']);
});

test('a conversation goes on from the better one of two answers', () => {
  // Given
  const talk = conversation(5, 6);
  const [first] = talk.exchanges;

  // When
  talk.replace(first, { ...first, answer: 'better' });

  // Then
  assert.deepEqual(talk.exchanges.map(({ answer }) => answer), ['better', 'a1']);
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
  assert.deepEqual([answer.answer, answer.tokens, answer.finish, answer.note()], ['Hello', 30, 'length', 'chat.cut']);
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
  assert.deepEqual([mute.note(), whole.note()], ['chat.empty', null]);
});
