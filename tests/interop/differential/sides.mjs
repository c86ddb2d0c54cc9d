// The two servers that are compared, each behind the same official client.

import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

import { KEY, emptyFolder, server } from '../contract/server.mjs';

const path = (url) => fileURLToPath(new URL(url, import.meta.url));

export function theirs(upstream) {
  return connect({
    command: process.execPath,
    args: [
      '--import',
      path('../redirect-fetch.mjs'),
      path('../node_modules/@vapi-ai/mcp-server/dist/index.js'),
    ],
    env: { VAPI_TOKEN: KEY, FAKE_UPSTREAM: upstream.url },
    cwd: emptyFolder,
    // It reports every failed look-up there as well.
    stderr: 'ignore',
  });
}

export function ours(upstream) {
  return connect(server(upstream));
}

async function connect(parameters) {
  const client = new Client({ name: 'interop', version: '1.0.0' });
  await client.connect(new StdioClientTransport(parameters));
  return client;
}
