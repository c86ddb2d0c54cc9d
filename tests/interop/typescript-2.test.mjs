// The official TypeScript client of the second generation, which speaks both eras of the
// protocol: a handshake for each connection, or a version with each request.

import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

import { contract } from './contract/index.mjs';

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
        close: () => client.close(),
    };
  };
}

contract('the TypeScript client 2 with a handshake', connecting('legacy', '2025-11-25'));
contract('the TypeScript client 2 without a handshake', connecting({ pin: '2026-07-28' }, '2026-07-28'));
contract('the TypeScript client 2 that finds out for itself', connecting('auto', '2026-07-28'));
