// Connects to `vapi-mcp http` with streamable HTTP.
//
//   VAPI_TOKEN=your-key node streamable-http.mjs [http://127.0.0.1:8787/mcp]

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { ring } from './ring.mjs';

const url = new URL(process.argv[2] ?? 'http://127.0.0.1:8787/mcp');
const headers = { Authorization: `Bearer ${process.env.VAPI_TOKEN}` };
const client = new Client({ name: 'example', version: '1.0.0' });
await ring(client, new StreamableHTTPClientTransport(url, { requestInit: { headers } }));
