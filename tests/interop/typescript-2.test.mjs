// The official TypeScript client of the second generation, which speaks both eras of the
// protocol: a handshake for each connection, or a version with each request.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

import { contract } from './contract/index.mjs';
import { answer, HANG, server } from './contract/server.mjs';
import { FakeUpstream } from './fake-upstream.mjs';

/** A client of one negotiation mode, which must end up with this version. */
function connecting(mode, version) {
  return async (parameters) => {
    const transport = new StdioClientTransport(parameters);
    const client = new Client({ name: 'interop', version: '1.0.0' }, { versionNegotiation: { mode } });
    await client.connect(transport);
    assert.equal(client.getNegotiatedProtocolVersion(), version);
    assert.equal(client.getServerVersion()?.name, 'vapi-mcp');
    assert.match(client.getInstructions(), /create_call/);
    return {
      pid: transport.pid,
      list: async () => (await client.listTools()).tools,
      call: (name, args, signal) => client.callTool({ name, arguments: args }, { signal }),
      hear: (name, args, onprogress) => client.callTool({ name, arguments: args }, { onprogress }),
      close: () => client.close(),
    };
  };
}

contract('the TypeScript client 2 with a handshake', connecting('legacy', '2025-11-25'));
contract('the TypeScript client 2 without a handshake', connecting({ pin: '2026-07-28' }, '2026-07-28'));
contract('the TypeScript client 2 that finds out for itself', connecting('auto', '2026-07-28'));

for (const [mode, version] of [['legacy', '2025-11-25'], [{ pin: '2026-07-28' }, '2026-07-28']]) {
  describe(`a wait, as the TypeScript client 2 of ${version} hears of it`, HANG, () => {
    let upstream;
    let session;
    before(async () => {
      upstream = await FakeUpstream.start();
      session = await connecting(mode, version)(server(upstream));
    });
    after(async () => {
      await session?.close();
      await upstream.close();
    });

    it('goes on until the call has ended, with the status at each step', async () => {
      const statuses = ['queued', 'in-progress', 'ended'];
      const left = [...statuses];
      upstream.answer = () => ({ body: { id: 'one', status: left.length > 1 ? left.shift() : left[0] } });
      const heard = [];
      const result = await session.hear('wait_for_call', { callId: 'one' }, (step) => heard.push(step));
      assert.equal(answer(result).status, 'ended');
      assert.equal(upstream.requests.length, statuses.length);
      assert.deepEqual(
        heard.map((step) => step.message),
        // The answer itself tells of the last.
        statuses.slice(0, -1),
      );
      for (const [index, { progress, total }] of heard.entries()) {
        assert.ok(progress > (heard[index - 1]?.progress ?? 0) && progress < total, String(progress));
      }
    });
  });
}
