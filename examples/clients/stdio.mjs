// Starts `vapi-mcp` and communicates with it over stdio.
//
//   VAPI_TOKEN=your-key node stdio.mjs [/path/to/vapi-mcp]

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

import { ring } from './ring.mjs';

// The server gets only these environment variables.
const { VAPI_TOKEN, VAPI_API_BASE_URL = '' } = process.env;
const client = new Client({ name: 'example', version: '1.0.0' });
const transport = new StdioClientTransport({
  command: process.argv[2] ?? 'vapi-mcp',
  env: { VAPI_TOKEN, VAPI_API_BASE_URL },
});
await ring(client, transport);
