// The example clients, and the programs that README.md shows.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { serveHttp } from './contract/http.mjs';
import { HANG, KEY, emptyFolder, server } from './contract/server.mjs';
import { FakeUpstream } from './fake-upstream.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const PYTHON = here('.venv/bin/python');

// Where they find the packages that are installed here.
const folder = here('node_modules/.examples');

const readme = readFileSync(here('../../README.md'), 'utf8');

/** The blocks of README.md in this language. */
const blocks = (language) =>
  [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)].filter((block) => block[1] === language).map((block) => block[2]);

describe('the examples', HANG, () => {
  let upstream;
  let served;
  // Nobody is called twice, which the server would refuse.
  let number = 15550100100;
  before(async () => {
    cpSync(here('../../examples/clients'), folder, { recursive: true });
    upstream = await FakeUpstream.start();
    served = await serveHttp(upstream);
  });
  beforeEach(() => {
    upstream.reset();
    number += 1;
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await served.close();
    await upstream.close();
  });

  async function run(command, ...args) {
    const env = { PATH: process.env.PATH, VAPI_TOKEN: KEY, CUSTOMER_NUMBER: `+${number}`, VAPI_API_BASE_URL: upstream.url };
    const { stdout } = await promisify(execFile)(command, args, { env, cwd: emptyFolder });
    return stdout;
  }

  /** They list tools, assistants and numbers, and place one call, with the caller's key. */
  function checkRung(said) {
    assert.match(said, /Tools: list_assistants, .*get_tool/);
    const asked = upstream.requests.map(({ method, path }) => `${method} ${path}`);
    assert.deepEqual(asked, ['GET /assistant', 'GET /phone-number', 'POST /call']);
    for (const { headers } of upstream.requests) assert.equal(headers.authorization, `Bearer ${KEY}`);
    assert.equal(upstream.requests[2].body.customer.number, `+${number}`);
    assert.match(said, /Call [0-9a-f-]{36}: queued/);
  }

  it('rings over streamable HTTP', async () => {
    checkRung(await run(process.execPath, join(folder, 'streamable-http.mjs'), served.mcp.href));
  });

  it('rings over HTTP+SSE', async () => {
    checkRung(await run(process.execPath, join(folder, 'sse.mjs'), served.sse.href));
  });

  it('rings over stdio', async () => {
    checkRung(await run(process.execPath, join(folder, 'stdio.mjs'), server(upstream).command));
  });

  it('rings from Python', async () => {
    checkRung(await run(PYTHON, join(folder, 'streamable_http.py'), served.mcp.href));
  });

  it("README's client programs list the tools", async () => {
    const address = 'https://mcp.example.com/mcp';
    const [javascript] = blocks('js').filter((block) => block.includes(address));
    const [python] = blocks('python').filter((block) => block.includes('httpx2') && block.includes(address));
    for (const [text, name, command] of [
      [javascript, 'readme.mjs', process.execPath],
      [python, 'readme.py', PYTHON],
    ]) {
      const file = join(folder, name);
      writeFileSync(file, text.replace(address, served.mcp.href));
      assert.match(await run(command, file), /list_assistants/);
    }
  });

  it("README's configurations are JSON", () => {
    const found = blocks('json').map((block) => JSON.parse(block));
    assert.ok(found.some((block) => block.mcpServers?.vapi?.args?.includes('mcp-remote')));
  });
});
