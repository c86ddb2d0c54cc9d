// A person is asked before a call is placed, by the official TypeScript clients in both eras of the
// protocol: a request in the middle of the call, or an answer that asks for another call.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';

import { Client as Client2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as Stdio2 } from '@modelcontextprotocol/client/stdio';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as Stdio1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';

import { HANG, answer, server, text } from './contract/server.mjs';
import { FakeUpstream } from './fake-upstream.mjs';

const INFO = { name: 'interop', version: '1.0.0' };
const ABLE = { elicitation: { form: {} } };
const CALL = {
  name: 'create_call',
  arguments: { assistantId: 'a-1', phoneNumberId: 'p-1', customer: { number: '+1 555 010 0123' } },
};

/** A client of one kind, with a person who says this, or without one. */
const CLIENTS = {
  'client 1': async (parameters, person) => {
    const client = new Client1(INFO, { capabilities: person ? ABLE : {} });
    if (person) client.setRequestHandler(ElicitRequestSchema, ({ params }) => person(params));
    await client.connect(new Stdio1(parameters));
    return client;
  },
  'client 2 with a handshake': (parameters, person) => second(parameters, person, 'legacy'),
  'client 2 without a handshake': (parameters, person) =>
    second(parameters, person, { pin: '2026-07-28' }),
};

async function second(parameters, person, mode) {
  const capabilities = person ? ABLE : {};
  const client = new Client2(INFO, { capabilities, versionNegotiation: { mode } });
  if (person) client.setRequestHandler('elicitation/create', ({ params }) => person(params));
  await client.connect(new Stdio2(parameters));
  return client;
}

for (const [name, connect] of Object.entries(CLIENTS)) {
  describe(`confirmation with the TypeScript ${name}`, HANG, () => {
    let upstream;
    before(async () => {
      upstream = await FakeUpstream.start();
    });
    beforeEach(() => upstream.reset());
    after(() => upstream.close());

    /** Places the call with this person, and returns the result and the questions. */
    async function place(action) {
      const questions = [];
      const person = action && ((params) => {
        assert.deepEqual(upstream.requests, [], 'nothing is sent before the answer');
        questions.push(params.message);
        return action === 'accept' ? { action, content: {} } : { action };
      });
      const parameters = { ...server(upstream), args: ['--confirm', 'dial'] };
      const client = await connect(parameters, person);
      try {
        return { result: await client.callTool(CALL), questions };
      } finally {
        await client.close();
      }
    }

    it('a yes places the call, once', async () => {
      const { result, questions } = await place('accept');
      assert.ok(!result.isError, text(result));
      assert.ok(answer(result).id);
      assert.deepEqual(questions, [
        'Ring +15550100123?\nWho speaks: assistantId a-1\nFrom: phoneNumberId p-1\nWhen: now',
      ]);
      assert.equal(upstream.requests.length, 1);
      assert.equal(upstream.requests[0].body.customer.number, '+15550100123');
    });

    for (const action of ['decline', 'cancel']) {
      it(`a person who answers with ${action} has nothing placed`, async () => {
        const { result, questions } = await place(action);
        assert.ok(result.isError);
        assert.match(text(result), /^Nothing was sent: the user was asked and did not agree/);
        assert.equal(questions.length, 1);
        assert.deepEqual(upstream.requests, []);
      });
    }

    it('without anybody to ask nothing is placed', async () => {
      const { result } = await place(undefined);
      assert.ok(result.isError);
      assert.match(text(result), /this client cannot ask one/);
      assert.deepEqual(upstream.requests, []);
    });
  });
}
