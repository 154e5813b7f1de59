// What OpenAI's client for JavaScript does with the service at ADDRESS: node check-clients.js ADDRESS
import assert from 'node:assert/strict';
import OpenAI from 'openai';

const baseURL = `${process.argv[2].replace(/\/$/, '')}/v1`;
const client = new OpenAI({ baseURL, apiKey: 'any', maxRetries: 0 });
const model = 'alignstream';
const messages = [{ role: 'user', content: 'Hi' }];
const asked = { model, messages, max_completion_tokens: 8, seed: 5 };

const { data: [served] } = await client.models.list();
assert.equal(served.id, model);

const answer = await client.chat.completions.create({ ...asked, n: 2, logprobs: true });
assert.equal(answer.choices.length, 2);
assert.equal(answer.choices[0].logprobs.content.length, 8);
assert.equal(answer.sha256, served.sha256);

let streamed = '';
for await (const chunk of await client.chat.completions.create({ ...asked, stream: true })) {
  streamed += chunk.choices[0].delta.content ?? '';
}
assert.equal(streamed, answer.choices[0].message.content);

const runner = client.chat.completions.stream(asked);
assert.equal(await runner.finalContent(), streamed);

const text = await client.completions.create({ model, prompt: 'The', max_tokens: 5, seed: 5 });
assert.equal(text.choices[0].finish_reason, 'length');

const { data: [vector] } = await client.embeddings.create({ model, input: 'Hi' });
assert.ok(Math.abs(Math.hypot(...vector.embedding) - 1) < 1e-5);

const short = { model, input: 'Hi', max_output_tokens: 6, seed: 5 };
const response = await client.responses.create(short);
assert.ok(response.output_text);
const events = [];
for await (const event of await client.responses.create({ ...short, stream: true })) {
  events.push(event.type);
}
assert.equal(events.at(-1), 'response.incomplete');

const parameters = { type: 'object', required: ['day'], properties: { day: { type: 'string', format: 'date' } } };
const tools = [{ type: 'function', function: { name: 'calendar', parameters } }];
const forced = { model, messages, tools, tool_choice: 'required', max_completion_tokens: 100 };
const { choices: [called] } = await client.chat.completions.create(forced);
assert.equal(called.finish_reason, 'tool_calls');
assert.match(JSON.parse(called.message.tool_calls[0].function.arguments).day, /^\d{4}-\d\d-\d\d$/);
const { tool_calls: [built] } = await client.chat.completions.stream(forced).finalMessage();
assert.match(JSON.parse(built.function.arguments).day, /^\d{4}-\d\d-\d\d$/);

await assert.rejects(
  client.chat.completions.create({ ...asked, temperature: 3 }),
  (error) => error instanceof OpenAI.BadRequestError && error.param === 'temperature',
);
await assert.rejects(
  client.chat.completions.create({ ...asked, model: 'gpt-4' }),
  (error) => error instanceof OpenAI.NotFoundError && error.code === 'model_not_found',
);
console.log('ok');
