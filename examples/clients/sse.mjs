// Connects to `vapi-mcp http --sse` with the older HTTP+SSE transport.
//
//   VAPI_TOKEN=your-key node sse.mjs [http://127.0.0.1:8787/sse]

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';

import { ring } from './ring.mjs';

const url = new URL(process.argv[2] ?? 'http://127.0.0.1:8787/sse');
const headers = { Authorization: `Bearer ${process.env.VAPI_TOKEN}` };
const client = new Client({ name: 'example', version: '1.0.0' });
await ring(client, new SSEClientTransport(url, { requestInit: { headers } }));
