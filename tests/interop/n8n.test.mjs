// The nodes of n8n, which are the official TypeScript client 1: the one of an agent hands on what
// the agent keeps beside a tool's arguments, the one of a workflow writes objects and lists as JSON.

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CompatibilityCallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';

import { bearer, serveHttp } from './contract/http.mjs';
import { HANG, KEY, answer, server, text } from './contract/server.mjs';
import { FakeUpstream } from './fake-upstream.mjs';

/** What an agent of n8n keeps beside the arguments of a tool. */
const ADDED = {
  toolCallId: 'call_1',
  sessionId: 'session-1',
  action: 'sendMessage',
  chatInput: 'Please ring Ann.',
  tool: 'mcp',
};
const LEFT_OUT = /Dropped, because clients add them and Vapi does not support them: (.*)\.$/m;

const ASSISTANT = 'a5515700-0000-4000-8000-000000000001';
const NUMBER = 'f0e00000-0000-4000-8000-000000000001';

const overStdio = (upstream) => ({ transport: new StdioClientTransport(server(upstream)) });
const overHttp = (transport, flags) => async (upstream) => {
  const served = await serveHttp(upstream, flags);
  return { served, transport: transport(served, bearer(KEY)) };
};
const streamable = ({ mcp }, headers) => {
  const own = { Accept: 'application/json', 'Content-Type': 'application/json' };
  return new StreamableHTTPClientTransport(mcp, { requestInit: { headers: { ...own, ...headers } } });
};
const sse = ({ sse }, headers) =>
  new SSEClientTransport(sse, {
    eventSourceInit: {
      fetch: (url, init) => fetch(url, { ...init, headers: { ...headers, Accept: 'text/event-stream' } }),
    },
    requestInit: { headers },
  });

for (const [name, open] of [
  ['stdio', overStdio],
  ['streamable HTTP', overHttp(streamable, [])],
  ['streamable HTTP without sessions', overHttp(streamable, ['--stateless'])],
  ['HTTP+SSE', overHttp(sse, [])],
]) {
  describe(`n8n over ${name}`, HANG, () => {
    let upstream, served, client, tools;
    before(async () => {
      upstream = await FakeUpstream.start();
      const opened = await open(upstream);
      served = opened.served;
      client = new Client({ name: '@n8n/n8n-nodes-langchain.mcpClientTool', version: '1.1' }, {
        capabilities: { tools: {} },
      });
      await client.connect(opened.transport);
      tools = new Map((await client.listTools()).tools.map((tool) => [tool.name, tool]));
    });
    beforeEach(() => upstream.reset());
    after(async () => {
      await client?.close();
      await served?.close();
      await upstream?.close();
    });

    const call = (name, args) =>
      client.callTool({ name, arguments: args }, CompatibilityCallToolResultSchema, { timeout: 30_000 });

    /** As the node does since it reads schemas: only what a tool does not take is left out. */
    const known = (name, args) => {
      const { additionalProperties, properties } = tools.get(name).inputSchema;
      if (additionalProperties === true) return args;
      return Object.fromEntries(Object.entries(args).filter(([key]) => key in properties));
    };

    for (const [node, chosen] of [
      ['an agent', (_, args) => args],
      ['an agent that reads schemas', known],
    ]) {
      it(`${node} places a call with the arguments that are the tool's own`, async () => {
        const own = {
          assistantId: ASSISTANT,
          phoneNumberId: NUMBER,
          customer: JSON.stringify({ number: '+15550100123', extension: 12 }),
          assistantOverrides: JSON.stringify({ variableValues: JSON.stringify({ name: 'Ann' }) }),
          // A second call to the same person is not what is tried here.
          allowDuplicate: true,
        };
        const result = await call('create_call', chosen('create_call', { ...own, ...ADDED }));
        assert.ok(!result.isError, text(result));
        assert.ok(answer(result).id);
        assert.deepEqual(upstream.requests.map(({ method, path, body }) => [method, path, body]), [
          [
            'POST',
            '/call',
            {
              assistantId: ASSISTANT,
              phoneNumberId: NUMBER,
              customer: { number: '+15550100123', extension: '12' },
              assistantOverrides: { variableValues: { name: 'Ann' } },
            },
          ],
        ]);
        const [, told] = text(result).match(LEFT_OUT);
        assert.deepEqual(told.split(', '), Object.keys(ADDED).map((key) => `\`${key}\``));
      });

      it(`${node} makes an assistant`, async () => {
        const own = { name: 'Desk', instructions: 'Be brief.', llm: '{"provider":"openai","model":"gpt-4o"}' };
        const args = chosen('create_assistant', { ...own, toolIds: '["one"]', ...ADDED });
        const result = await call('create_assistant', args);
        assert.ok(!result.isError, text(result));
        const [{ body }] = upstream.requests;
        assert.deepEqual(body.model, {
          provider: 'openai',
          model: 'gpt-4o',
          messages: [{ role: 'system', content: 'Be brief.' }],
          toolIds: ['one'],
        });
        for (const key of Object.keys(ADDED)) assert.ok(!(key in body), key);
      });

      it(`${node} reads with what is added to no arguments at all`, async () => {
        for (const name of ['list_assistants', 'list_calls', 'list_phone_numbers', 'list_tools']) {
          const result = await call(name, chosen(name, ADDED));
          assert.ok(!result.isError, text(result));
          assert.ok(Array.isArray(answer(result)), name);
        }
        const result = await call('get_call', chosen('get_call', { callId: 'one', ...ADDED }));
        assert.equal(answer(result).id, 'one');
        for (const { query } of upstream.requests) {
          for (const key of Object.keys(ADDED)) assert.ok(!(key in query), key);
        }
      });
    }

    it('a workflow gives objects and lists as JSON, some of them encoded twice', async () => {
      const customers = [
        { number: '+15550100123', assistantOverrides: { variableValues: { name: 'Ann' } } },
        { number: '+15550100124', assistantOverrides: { variableValues: { name: 'Bob' } } },
      ];
      const args = {
        assistantId: ASSISTANT,
        phoneNumberId: NUMBER,
        customers: JSON.stringify(JSON.stringify(customers)),
        schedulePlan: JSON.stringify({ earliestAt: '2099-01-01T00:00:00Z' }),
        allowDuplicate: true,
      };
      const result = await call('create_call', args);
      assert.ok(!result.isError, text(result));
      const [{ body }] = upstream.requests;
      assert.deepEqual(body.customers, customers);
      assert.deepEqual(body.schedulePlan, { earliestAt: '2099-01-01T00:00:00Z' });
      assert.doesNotMatch(text(result), LEFT_OUT);
    });

    it('a workflow chooses fields in one text', async () => {
      const result = await call('list_calls', { fields: 'id,status', limit: '2' });
      assert.ok(!result.isError, text(result));
      for (const row of answer(result)) assert.deepEqual(Object.keys(row), ['id', 'status']);
      assert.equal(upstream.requests[0].query.limit, '2');
    });
  });
}
