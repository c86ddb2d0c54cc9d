// The official TypeScript client of the second generation, over HTTP.

import assert from 'node:assert/strict';
import { Client, SSEClientTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

import { http, overHttp } from './contract/http.mjs';
import { contract } from './contract/index.mjs';

const streamable = ({ mcp }, options) => new StreamableHTTPClientTransport(mcp, options);
const sse = ({ sse }, options) => new SSEClientTransport(sse, options);

/** A client of one negotiation mode, which must end up with this version. */
function connecting(transport, mode, version) {
  return async (served, headers) => {
    const client = new Client({ name: 'interop', version: '1.0.0' }, { versionNegotiation: { mode } });
    await client.connect(transport(served, { requestInit: { headers } }));
    assert.equal(client.getNegotiatedProtocolVersion(), version);
    return {
      list: async () => (await client.listTools()).tools,
      call: (name, args, signal) => client.callTool({ name, arguments: args }, { signal }),
      close: () => client.close(),
    };
  };
}

for (const [name, connect] of [
  ['streamable HTTP with a handshake', connecting(streamable, 'legacy', '2025-11-25')],
  ['streamable HTTP without one', connecting(streamable, { pin: '2026-07-28' }, '2026-07-28')],
  ['streamable HTTP, finding out for itself', connecting(streamable, 'auto', '2026-07-28')],
  ['HTTP+SSE', connecting(sse, 'legacy', '2025-11-25')],
]) {
  contract(`the TypeScript client 2 over ${name}`, overHttp(connect), http(connect));
}
