// Many clients with fewer keys at work for a while, among cancelled calls, clients that go away and
// an upstream that fails: no caller ever sees another's answer, every call is answered, and nothing
// is left behind.
//
//   node soak.mjs SECONDS

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { Client as Modern, StreamableHTTPClientTransport as ModernHttp } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { bearer, serveHttp } from './contract/http.mjs';

const SECONDS = Number(process.argv[2] ?? 20);
const CLIENTS = 64;
const KEYS = 20;
/** Milliseconds after which a call without an answer counts as lost. */
const LOST = 30_000;
/** Bytes of memory that the server may hold when all have gone. */
const MEMORY = 120e6;

const chance = (share) => Math.random() < share;

/** Marks every answer with the key that it was asked with, with dots in it, because a caller's own key is hidden; some fail, in all ways. */
async function serveUpstream() {
  const server = createServer(async (request, response) => {
    for await (const chunk of request) void chunk;
    const mark = request.headers.authorization.slice('Bearer '.length).replaceAll('-', '.');
    const body = JSON.stringify({ id: request.url, name: mark, pad: 'x'.repeat(4000) });
    const head = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    await wait(Math.random() * 40);
    if (chance(0.02)) return request.socket.destroy();
    if (chance(0.02)) {
      response.writeHead(200, head).write(body.slice(0, 1000));
      return setTimeout(() => request.socket.destroy(), 5);
    }
    if (chance(0.03)) {
      response.writeHead(500, { 'content-type': 'application/json' });
      return response.end(JSON.stringify({ message: `failed for ${mark}` }));
    }
    if (chance(0.01)) await wait(3000);
    response.writeHead(200, head).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}`, server };
}

/** The ways to connect: each gives `call(params, signal)`, `leave()` and `close()`. */
const ways = [
  async ({ mcp }, headers) => {
    const client = new Client({ name: 'soak', version: '1.0.0' });
    const transport = new StreamableHTTPClientTransport(mcp, { requestInit: { headers } });
    await client.connect(transport);
    const close = async () => {
      await transport.terminateSession();
      await client.close();
    };
    // A session whose client has gone away stays until its place is needed.
    const leave = () => (chance(0.1) ? client.close() : close());
    return { call: (params, signal) => client.callTool(params, undefined, { signal, timeout: LOST }), leave, close };
  },
  async ({ mcp }, headers) => {
    const client = new Modern({ name: 'soak', version: '1.0.0' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
    await client.connect(new ModernHttp(mcp, { requestInit: { headers } }));
    const close = () => client.close();
    return { call: (params, signal) => client.callTool(params, { signal, timeout: LOST }), leave: close, close };
  },
  async ({ sse }, headers) => {
    const client = new Client({ name: 'soak', version: '1.0.0' });
    await client.connect(new SSEClientTransport(sse, { requestInit: { headers } }));
    const close = () => client.close();
    return { call: (params, signal) => client.callTool(params, undefined, { signal, timeout: LOST }), leave: close, close };
  },
];

const counts = { answered: 0, failed: 0, cancelled: 0, left: 0 };

/** One client, for as long as `going()`. */
async function work(number, served, going) {
  const key = `soak-${number % KEYS}-end`;
  const connect = ways[number % ways.length];
  let client = await connect(served, bearer(key));
  for (let turn = 0; going(); turn += 1) {
    const id = `${number}-${turn}`;
    const cancel = new AbortController();
    const call = client.call({ name: 'get_assistant', arguments: { assistantId: id, fields: [''] } }, cancel.signal);
    if (chance(0.05)) {
      setTimeout(() => cancel.abort(), Math.random() * 40);
      await call.then(() => {}, () => {});
      counts.cancelled += 1;
    } else if (chance(0.01)) {
      const given = call.catch(() => {});
      await wait(Math.random() * 40);
      await client.leave();
      await given;
      client = await connect(served, bearer(key));
      counts.left += 1;
    } else {
      check(await call, key, id);
    }
    await wait(Math.random() * 20);
  }
  await client.close();
}

/** It is the answer to this call of this caller, or tells of a fault of the upstream. */
function check({ content, isError }, key, id) {
  const [{ text }] = content;
  for (const [mark] of text.matchAll(/soak\.\d+\.end/g)) assert.equal(mark, key.replaceAll('-', '.'), 'the answer of another caller');
  if (isError) {
    counts.failed += 1;
    return;
  }
  const shown = JSON.parse(text);
  assert.equal(shown.id, `/assistant/${id}`);
  assert.equal(shown.name, key.replaceAll('-', '.'));
  counts.answered += 1;
}

/** What the server has in progress and open, by its own account. */
async function open(metrics) {
  const text = await (await fetch(metrics)).text();
  const value = (name) => Number(text.match(new RegExp(`^vapi_mcp_${name} (\\d+)`, 'm'))?.[1] ?? 0);
  return { calls: value('calls'), sse: value('sessions\\{kind="sse"\\}'), sessions: value('sessions\\{kind="session"\\}') };
}

const upstream = await serveUpstream();
const flags = ['--metrics-listen', '127.0.0.1:0', '--rate-per-token', '1000', '--max-sessions-per-token', '60'];
const served = await serveHttp(upstream, flags);
const until = Date.now() + SECONDS * 1000;
const workers = Array.from({ length: CLIENTS }, (_, number) => work(number, served, () => Date.now() < until));
await Promise.all(workers);

let left = await open(served.metrics);
for (let tries = 0; (left.calls > 0 || left.sse > 0) && tries < 100; tries += 1) {
  await wait(100);
  left = await open(served.metrics);
}
const { calls, sse, sessions } = left;
assert.deepEqual({ calls, sse }, { calls: 0, sse: 0 }, 'something is left behind');
assert.ok(sessions <= KEYS * 60);
let report = { seconds: SECONDS, ...counts, sessions };
if (process.platform === 'linux') {
  const status = readFileSync(`/proc/${served.pid}/status`, 'utf8');
  const resident = 1024 * Number(status.match(/VmRSS:\s+(\d+)/)[1]);
  const files = readdirSync(`/proc/${served.pid}/fd`).length;
  report = { ...report, resident, files };
  assert.ok(resident < MEMORY, `${resident} bytes of memory`);
}
assert.ok(counts.answered > SECONDS && counts.failed > 0 && counts.cancelled > 0 && counts.left > 0, JSON.stringify(counts));
console.log(JSON.stringify(report));
await served.close();
upstream.server.closeAllConnections();
upstream.server.close();
