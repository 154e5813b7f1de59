import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failure, reasonOf } from '../../main/resources/META-INF/resources/alignstream/api.js';

test('our errors are reasons', () => {
  // When
  const refused = failure(400, { error: { code: 'refusal.noName', arguments: {}, text: 'enter yours' } });

  // Then
  assert.equal(refused.status, 400);
  assert.equal(reasonOf(refused).code, 'refusal.noName');
});

test("errors of OpenAI's form carry a reason and a code for programs", () => {
  // Given
  const body = { error: { message: 'Too long.', code: 'context_length_exceeded', reason: { code: 'api.tooManyTokens' } } };

  // When
  const refused = failure(400, body);

  // Then
  assert.equal(refused.code, 'context_length_exceeded');
  assert.deepEqual(reasonOf(refused), { code: 'api.tooManyTokens' });
});

test('an error without words tells its status', () => {
  // When
  const reasons = [failure(502, null), failure(500, { error: 'boom' })].map(reasonOf);

  // Then
  assert.deepEqual(reasons, [
    { code: 'call.refused', arguments: { status: '502' } }, { code: 'call.refused', arguments: { status: '500' } },
  ]);
});

test('what is no answer of a service is a broken connection', () => {
  // When
  const reason = reasonOf(new TypeError('network error'));

  // Then
  assert.deepEqual(reason, { code: 'call.broken' });
});
