// The official TypeScript client that most programs use today.

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

import { contract } from './contract/index.mjs';

async function connect(parameters) {
  const transport = new StdioClientTransport(parameters);
  const client = new Client({ name: 'interop', version: '1.0.0' });
  await client.connect(transport);
  return {
    pid: transport.pid,
    list: async () => (await client.listTools()).tools,
    call: (name, args, signal) => client.callTool({ name, arguments: args }, undefined, { signal }),
    close: () => client.close(),
  };
}

contract('the TypeScript client 1', connect);
