// The official TypeScript client that most programs use today, over HTTP.

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { http, overHttp } from './contract/http.mjs';
import { contract } from './contract/index.mjs';

function connecting(transport) {
  return async (served, headers) => {
    const client = new Client({ name: 'interop', version: '1.0.0' });
    await client.connect(transport(served, { requestInit: { headers } }));
    return {
      list: async () => (await client.listTools()).tools,
      call: (name, args, signal) => client.callTool({ name, arguments: args }, undefined, { signal }),
      close: () => client.close(),
    };
  };
}

for (const [name, transport] of [
  ['streamable HTTP', ({ mcp }, options) => new StreamableHTTPClientTransport(mcp, options)],
  ['HTTP+SSE', ({ sse }, options) => new SSEClientTransport(sse, options)],
]) {
  const connect = connecting(transport);
  contract(`the TypeScript client 1 over ${name}`, overHttp(connect), http(connect));
}
