// How the server under test is started.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const KEY = 'interop-key-1';

/** No test waits so long unless something hangs. */
export const HANG = { timeout: 60_000 };

export const binary =
  process.env.VAPI_MCP_BIN ??
  fileURLToPath(new URL('../../../target/release/vapi-mcp', import.meta.url));

// Servers read a `.env` file where they start. Here there is none.
export const emptyFolder = mkdtempSync(join(tmpdir(), 'vapi-mcp-interop-'));
process.on('exit', () => rmSync(emptyFolder, { recursive: true, force: true }));

/** What a client needs to start the server against this upstream. */
export function server(upstream, { key = KEY } = {}) {
  const env = { VAPI_API_BASE_URL: upstream.url };
  if (key !== null) env.VAPI_TOKEN = key;
  return { command: binary, args: [], env, cwd: emptyFolder };
}

/** The first block, which is JSON of the API. */
export function answer(result) {
  return JSON.parse(result.content[0].text);
}

/** All text of a result. */
export function text(result) {
  return result.content.map((block) => block.text).join('\n');
}
