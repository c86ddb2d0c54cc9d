// The example clients, and the programs that README.md shows.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { after, before, beforeEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

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

/**
 * A stand-in for OpenAI's Responses API at the address returned: a model that calls the first tool it
 * may, of the MCP server that the request names, and repeats its answer.
 */
async function serveResponses() {
  const respond = async ({ model, tools: [given] }) => {
    assert.equal(given.type, 'mcp');
    const client = new Client({ name: given.server_label, version: '1.0.0' });
    const options = { requestInit: { headers: given.headers } };
    await client.connect(new StreamableHTTPClientTransport(new URL(given.server_url), options));
    const { tools } = await client.listTools();
    const may = given.allowed_tools.filter((name) => tools.some((tool) => tool.name === name));
    assert.deepEqual(may, given.allowed_tools);
    const { content } = await client.callTool({ name: may[0], arguments: {} });
    await client.close();
    const message = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: content[0].text, annotations: [] }] };
    return { id: 'resp_1', object: 'response', created_at: 0, model, output: [message], tools: [given] };
  };
  const server = createServer(async (request, response) => {
    const answer = await respond(await json(request)).catch((error) => ({ error: { message: `${error}` } }));
    response.writeHead(answer.error ? 400 : 200, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}/v1`, close: () => server.close() };
}

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

  const run = (command, ...args) => runWith({}, command, ...args);

  async function runWith(variables, command, ...args) {
    const ours = { VAPI_TOKEN: KEY, CUSTOMER_NUMBER: `+${number}`, VAPI_API_BASE_URL: upstream.url };
    const env = { PATH: process.env.PATH, ...ours, ...variables };
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

  it("README's program for OpenAI's Responses API has a tool called", async () => {
    const [block] = blocks('python').filter((block) => block.includes('from openai'));
    const file = join(folder, 'responses.py');
    writeFileSync(file, block.replace('https://mcp.example.com/mcp', served.mcp.href).replace('your-key', KEY));
    const openai = await serveResponses();
    try {
      const said = await runWith({ OPENAI_BASE_URL: openai.url, OPENAI_API_KEY: 'invented' }, PYTHON, file);
      assert.ok(Array.isArray(JSON.parse(said)), said);
    } finally {
      openai.close();
    }
    const [{ method, path, headers }] = upstream.requests;
    assert.deepEqual([method, path, headers.authorization], ['GET', '/assistant', `Bearer ${KEY}`]);
  });

  it("README's configurations are JSON", () => {
    const found = blocks('json').map((block) => JSON.parse(block));
    assert.ok(found.some((block) => block.mcpServers?.vapi?.args?.includes('mcp-remote')));
  });
});
