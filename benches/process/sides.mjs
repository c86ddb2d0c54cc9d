// The two servers, and how each is started: as a client starts it, but against the upstream here.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { KEY, emptyFolder } from '../../tests/interop/contract/server.mjs';

const path = (url) => fileURLToPath(new URL(url, import.meta.url));

const binary = resolve(process.env.VAPI_MCP_BIN ?? path('../../target/release/vapi-mcp'));
const vendor = path('../../tests/interop/node_modules/@vapi-ai/mcp-server/dist/index.js');
const redirect = path('../../tests/interop/redirect-fetch.mjs');

/** What is missing for a run, as a sentence; nothing when it can start. */
export function missing() {
  if (process.platform !== 'linux') return 'This benchmark reads /proc and runs on Linux alone.';
  if (!existsSync(binary)) {
    return `There is no server at ${binary}: run 'cargo build --release', or set VAPI_MCP_BIN.`;
  }
  if (!existsSync(vendor)) {
    return "Vapi's own server is not installed: run tests/interop/run.sh once.";
  }
  return undefined;
}

/** Both, in the order in which every round runs them. */
export function sides(url) {
  return {
    ours: {
      command: binary,
      // All rows of the long list, as the vendor shows them.
      args: ['--max-result-bytes', '1000000'],
      env: { VAPI_TOKEN: KEY, VAPI_API_BASE_URL: url },
      cwd: emptyFolder,
      // It sends the limit that it is given; the vendor's has no argument for it.
      listCalls: { limit: 100 },
    },
    vendor: {
      command: process.execPath,
      args: ['--import', redirect, vendor],
      env: { VAPI_TOKEN: KEY, FAKE_UPSTREAM: url },
      cwd: emptyFolder,
      listCalls: {},
    },
  };
}

export { KEY };
