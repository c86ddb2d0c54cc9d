// Measures `vapi-mcp http` beside nginx as a mere proxy, both before one upstream: calls a second
// on 64 connections, what 1,000 calls a second add to the latency, and what idle sessions weigh.
// Prints what was measured beside the goals; no goal fails.
//
//   node benches/http/run.mjs [--quick]
//
// It needs nginx, wrk, and a release build with `--features http`.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';

import { serveHttp } from '../../tests/interop/contract/http.mjs';

const quick = process.argv.includes('--quick');
const SECONDS = quick ? 2 : 10;
const CONNECTIONS = 64;
const RATE = 1000;
const SESSIONS = 1000;
const CALLERS = 20;

// One key may have but a few requests on their way, so there are many.
const AS_CALLERS = `
local requests, last = {}, 0
function init()
  for caller = 1, ${CALLERS} do
    wrk.headers["Authorization"] = "Bearer bench-" .. caller
    requests[caller] = wrk.format()
  end
end
function request()
  last = last % ${CALLERS} + 1
  return requests[last]
end`;

const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
const folder = mkdtempSync(join(tmpdir(), 'vapi-mcp-http-'));

const RECORD = JSON.stringify({ id: 'one', name: 'Receptionist', firstMessage: 'Hello.' });
const HEADERS = {
  Authorization: 'Bearer bench',
  Accept: 'application/json, text/event-stream',
  'Content-Type': 'application/json',
};
const MODERN = {
  ...HEADERS,
  'Mcp-Protocol-Version': '2026-07-28',
  'Mcp-Method': 'tools/call',
  'Mcp-Name': 'get_assistant',
};
const CALL = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: {
    name: 'get_assistant',
    arguments: { assistantId: 'one' },
    _meta: {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientCapabilities': {},
    },
  },
});

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

/** One nginx with a process each for the upstream and for the proxy, at the ports returned. */
async function serveNginx() {
  const [upstream, proxy] = [await freePort(), await freePort()];
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`);
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; worker_processes 2; pid ${folder}/pid; error_log ${folder}/error.log;
    events { worker_connections 4096; }
    http { access_log off; keepalive_requests 10000000; ${temporary.join(' ')}
      upstream api { server 127.0.0.1:${upstream}; keepalive 128; keepalive_requests 10000000; }
      server { listen 127.0.0.1:${upstream}; default_type application/json; location / { return 200 '${RECORD}'; } }
      server { listen 127.0.0.1:${proxy}; location / {
        proxy_pass http://api; proxy_http_version 1.1; proxy_set_header Connection ""; } } }`,
  );
  const child = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { env, stdio: 'inherit' });
  process.on('exit', () => child.kill());
  const url = `http://127.0.0.1:${upstream}`;
  while (!(await fetch(url).then((response) => response.ok, () => false))) await wait(50);
  return { child, upstream: url, proxy: `http://127.0.0.1:${proxy}` };
}

/** Calls a second by wrk. */
function throughput(url, method, headers, body) {
  const script = join(folder, 'wrk.lua');
  const lines = Object.entries(headers).map(([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`);
  writeFileSync(script, [`wrk.method = "${method}"`, ...lines, `wrk.body = [[${body}]]`, AS_CALLERS].join('\n'));
  const { stdout } = spawnSync('wrk', ['-t1', `-c${CONNECTIONS}`, `-d${SECONDS}`, '-s', script, url], { env, encoding: 'utf8' });
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(stdout);
  return Number(stdout.match(/Requests\/sec:\s+([\d.]+)/)[1]);
}

/** The 99th percentile in milliseconds of requests that start at a steady pace. */
async function latency(url, method, headers, body) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const took = [];
  const send = () =>
    new Promise((resolve, reject) => {
      const start = performance.now();
      const sent = request(url, { agent, method, headers: { ...headers, 'Content-Length': Buffer.byteLength(body) } }, (response) => {
        response.resume().on('end', () => {
          took.push(performance.now() - start);
          response.statusCode === 200 ? resolve() : reject(new Error(`${response.statusCode}`));
        });
      });
      sent.on('error', reject).end(body);
    });
  const start = performance.now();
  const sending = [];
  while (sending.length < RATE * SECONDS) {
    const due = ((performance.now() - start) / 1000) * RATE;
    while (sending.length < Math.min(due, RATE * SECONDS)) sending.push(send());
    await wait(1);
  }
  await Promise.all(sending);
  agent.destroy();
  took.sort((a, b) => a - b);
  return took[Math.floor(took.length * 0.99)];
}

/** Resident megabytes with so many sessions open and idle. */
async function idle(served) {
  const message = JSON.stringify({
    jsonrpc: '2.0',
    id: 0,
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'bench', version: '1' } },
  });
  const post = (headers, body) => fetch(served.mcp, { method: 'POST', headers: { ...HEADERS, ...headers }, body });
  for (let count = 0; count < SESSIONS; count += 1) {
    const opened = await post({}, message);
    const id = opened.headers.get('mcp-session-id');
    await opened.text();
    await post({ 'Mcp-Session-Id': id }, JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }));
  }
  const status = readFileSync(`/proc/${served.pid}/status`, 'utf8');
  return Number(status.match(/VmRSS:\s+(\d+)/)[1]) / 1024;
}

const nginx = await serveNginx();
const flags = ['--rate-per-token', '1000000', '--calls-per-token', '1000', '--max-sessions-per-token', `${SESSIONS}`];
const served = await serveHttp({ url: nginx.upstream }, flags);

const memory = await idle(served);
const ours = throughput(served.mcp.href, 'POST', MODERN, CALL);
const theirs = throughput(`${nginx.proxy}/assistant/one`, 'GET', {}, '');
const straight = await latency(`${nginx.upstream}/assistant/one`, 'GET', {}, '');
const through = await latency(served.mcp.href, 'POST', MODERN, CALL);

const rows = [
  ['calls a second, 64 connections', ours.toFixed(0), `half of nginx, ${(theirs / 2).toFixed(0)}`],
  ['p99 added at 1,000 calls a second', `${(through - straight).toFixed(1)} ms`, '5 ms'],
  ['1,000 idle sessions', `${memory.toFixed(0)} MB`, '90 MB'],
];
console.log(['| | measured | goal |', '|---|---|---|', ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n'));

await served.close();
nginx.child.kill();
await once(nginx.child, 'exit');
rmSync(folder, { recursive: true });
process.exit();
