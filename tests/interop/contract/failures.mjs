// Calls that fail: what a model could mend is a result, what it could not is a protocol error.

import assert from 'node:assert/strict';
import { it } from 'node:test';

import { fixtures } from '../fake-upstream.mjs';
import { answer, text } from './server.mjs';

/** What the upstream says, and what of it must be readable in the result. */
const ANSWERS = [
  ['400 with a text', fixtures.errors.string, ['400', fixtures.errors.string.body.message]],
  ['400 with a list', fixtures.errors.list, ['400', ...fixtures.errors.list.body.message]],
  ['404', fixtures.errors.missing, ['404', fixtures.errors.missing.body.message]],
  ['500 with a page of HTML', fixtures.errors.page, ['500']],
];

/** Arguments that can never be right, and the name that the refusal must hold. */
const ARGUMENTS = [
  ['get_call', {}, 'callId'],
  ['get_call', { callId: 5.5 }, 'callId'],
  ['get_call', { callId: true }, 'callId'],
  ['get_call', { callId: '' }, 'callId'],
  ['get_call', { callId: '..' }, 'callId'],
  ['get_assistant', { assistantId: 'a/b' }, 'assistantId'],
  ['list_calls', { limit: 'many' }, 'limit'],
  ['create_assistant', {}, 'name'],
  ['create_assistant', { name: 'A', toolIds: 'one' }, 'toolIds'],
  ['create_call', { scheduledAt: 'tomorrow' }, 'scheduledAt'],
  ['create_call', { assistant_id: 'one' }, 'assistant_id'],
];

export function failures(shared) {
  for (const [what, said, words] of ANSWERS) {
    it(`${what} becomes an error result in Vapi's own words, and is not asked again`, async () => {
      const { session, upstream } = shared;
      upstream.answer = said;
      const result = await session.call('create_call', { assistantId: 'one' });
      assert.equal(result.isError, true);
      for (const word of words) assert.ok(text(result).includes(word), text(result));
      assert.ok(!text(result).includes('<'), text(result));
      assert.equal(upstream.requests.length, 1);
    });
  }

  for (const [tool, args, name] of ARGUMENTS) {
    it(`${tool} refuses ${JSON.stringify(args)} by name and sends nothing`, async () => {
      const { session, upstream } = shared;
      const result = await session.call(tool, args);
      assert.equal(result.isError, true);
      assert.ok(text(result).includes(name), text(result));
      assert.deepEqual(upstream.requests, []);
    });
  }

  it('an answer that is no JSON is an error result', async () => {
    const { session, upstream } = shared;
    upstream.answer = { type: 'text/html', body: '<p>All is well</p>' };
    const result = await session.call('get_call', { callId: 'one' });
    assert.equal(result.isError, true);
    assert.match(text(result), /JSON/);
  });

  it('a tool that does not exist is a protocol error', async () => {
    const { session } = shared;
    await assert.rejects(session.call('make_coffee', {}), (error) => {
      assert.equal(error.code, -32602);
      assert.match(error.message, /make_coffee/);
      return true;
    });
  });

  it('the connection survives failures', async () => {
    const { session } = shared;
    assert.equal(answer(await session.call('get_call', { callId: 'one' })).id, 'one');
  });
}
