// Programs that people connect with: mcp-remote, which lends HTTP to clients that know stdio
// alone, and the MCP Inspector on the command line.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

import { overHttp, serveHttp } from './contract/http.mjs';
import { contract } from './contract/index.mjs';
import { TOOLS } from './contract/listing.mjs';
import { HANG, KEY } from './contract/server.mjs';
import { FakeUpstream } from './fake-upstream.mjs';

const remote = (path) => fileURLToPath(new URL(`./remote/node_modules/${path}`, import.meta.url));

// mcp-remote keeps what it knows in a folder.
const folder = mkdtempSync(join(tmpdir(), 'mcp-remote-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** As README.md has it for Claude Desktop. */
const throughMcpRemote = (door) => async (served, headers) => {
  const client = new Client({ name: 'interop', version: '1.0.0' });
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [
      remote('mcp-remote/dist/proxy.js'),
      served[door].href,
      '--allow-http',
      '--header',
      'Authorization:${AUTH_HEADER}',
      ...(door === 'sse' ? ['--transport', 'sse-only'] : []),
    ],
    env: { AUTH_HEADER: headers.Authorization, MCP_REMOTE_CONFIG_DIR: folder, HOME: folder },
    stderr: 'ignore',
  });
  await client.connect(transport);
  return {
    list: async () => (await client.listTools()).tools,
    call: (name, args, signal) => client.callTool({ name, arguments: args }, undefined, { signal }),
    close: () => client.close(),
  };
};

for (const door of ['mcp', 'sse']) {
  contract(`mcp-remote over /${door}`, overHttp(throughMcpRemote(door)), () => {});
}

describe('the MCP Inspector', HANG, () => {
  let upstream;
  let served;
  before(async () => {
    upstream = await FakeUpstream.start();
    served = await serveHttp(upstream);
  });
  after(async () => {
    await served.close();
    await upstream.close();
  });

  async function inspect(url, transport, ...words) {
    const launcher = remote('@modelcontextprotocol/inspector/clients/launcher/build/index.js');
    const header = `Authorization: Bearer ${KEY}`;
    const args = [launcher, '--cli', url.href, '--transport', transport, '--header', header, ...words];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return JSON.parse(stdout);
  }

  for (const [transport, door] of [
    ['http', 'mcp'],
    ['sse', 'sse'],
  ]) {
    it(`lists the tools and calls one over /${door}`, async () => {
      const { tools } = await inspect(served[door], transport, '--method', 'tools/list');
      assert.equal(tools.length, TOOLS.length);
      const words = ['--method', 'tools/call', '--tool-name', 'get_call', '--tool-arg', 'callId=one'];
      const result = await inspect(served[door], transport, ...words);
      assert.equal(JSON.parse(result.content[0].text).id, 'one');
    });
  }
});
