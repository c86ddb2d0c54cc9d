// A person is asked before a call is placed, by the official TypeScript clients in both eras of the
// protocol: a request in the middle of the call, or an answer that asks for another call.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';

import { Client as Client2, StreamableHTTPClientTransport as Http2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as Stdio2 } from '@modelcontextprotocol/client/stdio';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport as Sse1 } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport as Stdio1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';

import { bearer, serveHttp } from './contract/http.mjs';
import { HANG, KEY, answer, server, text } from './contract/server.mjs';
import { FakeUpstream } from './fake-upstream.mjs';

const INFO = { name: 'interop', version: '1.0.0' };
const ABLE = { elicitation: { form: {} } };
const ASKING = ['--confirm', 'dial'];
const CALL = {
  name: 'create_call',
  arguments: { assistantId: 'a-1', phoneNumberId: 'p-1', customer: { number: '+1 555 010 0123' } },
};

/** A server that asks first, over its standard input or over HTTP: how to reach it, and `close`. */
const stdio = (Transport) => async (upstream) => ({
  transport: new Transport({ ...server(upstream), args: ASKING }),
  close: () => {},
});
const http = (Transport, door) => async (upstream) => {
  const served = await serveHttp(upstream, ASKING);
  const transport = new Transport(served[door], { requestInit: { headers: bearer(KEY) } });
  return { transport, close: () => served.close() };
};

/** Clients, with a person who answers so or without one. */
const first = (person) => {
  const client = new Client1(INFO, { capabilities: person ? ABLE : {} });
  if (person) client.setRequestHandler(ElicitRequestSchema, ({ params }) => person(params));
  return client;
};
const second = (mode) => (person) => {
  const capabilities = person ? ABLE : {};
  const client = new Client2(INFO, { capabilities, versionNegotiation: { mode } });
  if (person) client.setRequestHandler('elicitation/create', ({ params }) => person(params));
  return client;
};

const MODERN = { pin: '2026-07-28' };
const WAYS = [
  ['client 1 over stdio', first, stdio(Stdio1)],
  ['client 1 over HTTP', first, http(Http1, 'mcp')],
  ['client 1 over HTTP+SSE', first, http(Sse1, 'sse')],
  ['client 2 over stdio with a handshake', second('legacy'), stdio(Stdio2)],
  ['client 2 over HTTP with a handshake', second('legacy'), http(Http2, 'mcp')],
  ['client 2 over stdio without a handshake', second(MODERN), stdio(Stdio2)],
  ['client 2 over HTTP without a handshake', second(MODERN), http(Http2, 'mcp')],
];

for (const [name, create, open] of WAYS) {
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
      const client = create(person);
      const opened = await open(upstream);
      try {
        await client.connect(opened.transport);
        return { result: await client.callTool(CALL), questions };
      } finally {
        await client.close();
        await opened.close();
      }
    }

    it('a yes places the call, once', async () => {
      const { result, questions } = await place('accept');
      assert.ok(!result.isError, text(result));
      assert.ok(answer(result).id);
      assert.deepEqual(questions, [
        'Call +15550100123?\nSpeaker: assistantId a-1\nFrom: phoneNumberId p-1\nWhen: now',
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
      assert.match(text(result), /this client cannot ask the user/);
      assert.deepEqual(upstream.requests, []);
    });
  });
}
