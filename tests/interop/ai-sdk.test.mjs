// The MCP client of the AI SDK, in a version that drops events without a name.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { createMCPClient } from '@ai-sdk/mcp';

import { bearer, serveHttp } from './contract/http.mjs';
import { TOOLS } from './contract/listing.mjs';
import { HANG, KEY, answer } from './contract/server.mjs';
import { FakeUpstream } from './fake-upstream.mjs';

for (const [type, door, flags] of [
  ['http', 'mcp', []],
  ['http', 'mcp', ['--stateless']],
  ['sse', 'sse', []],
]) {
  describe(`the AI SDK over ${type} ${flags.join(' ')}`.trim(), HANG, () => {
    let upstream, served, client;
    before(async () => {
      upstream = await FakeUpstream.start();
      served = await serveHttp(upstream, flags);
      const transport = { type, url: served[door].href, headers: bearer(KEY) };
      client = await createMCPClient({ transport });
    });
    after(async () => {
      await client?.close();
      await served?.close();
      await upstream?.close();
    });

    it('lists the tools', async () => {
      const { tools } = await client.listTools();
      assert.deepEqual(
        tools.map((tool) => tool.name),
        TOOLS.map((tool) => tool.name),
      );
    });

    it('calls a tool', async () => {
      const { get_call } = await client.tools();
      const result = await get_call.execute({ callId: 'one' }, { toolCallId: '1', messages: [] });
      assert.equal(answer(result).id, 'one');
      assert.deepEqual(
        upstream.requests.map(({ path }) => path),
        ['/call/one'],
      );
    });
  });
}
