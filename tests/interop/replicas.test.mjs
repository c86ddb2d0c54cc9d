// Two replicas behind a real nginx with the configuration of docs/nginx.conf, one of which is
// killed while many callers are at work.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

import { bearer, serveHttp } from './contract/http.mjs';
import { HANG, answer } from './contract/server.mjs';
import { FakeUpstream } from './fake-upstream.mjs';
import { until, within } from './within.mjs';

const CALLERS = 24;

// Debian keeps it where only the administrator looks.
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
const skip = spawnSync('nginx', ['-v'], { env }).error ? 'nginx is not installed' : false;

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

/** The documented configuration with these addresses in place of its own, without TLS. */
function configuration(folder, port, replicas) {
  let text = readFileSync(new URL('../../docs/nginx.conf', import.meta.url), 'utf8');
  const put = (from, to) => {
    assert.ok(text.includes(from), from);
    text = text.replace(from, to);
  };
  put('listen 443 ssl', `listen 127.0.0.1:${port}`);
  put('127.0.0.1:8787', new URL(replicas[0].url).host);
  put('127.0.0.1:8788', new URL(replicas[1].url).host);
  // All callers of the test have one address.
  put('rate=50r/s', 'rate=100000r/s');
  text = text.replace(/ +ssl_certificate.*\n/g, '');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  return `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
    events { worker_connections 1024; }
    http { access_log off; ${temporary.join(' ')} ${text} }`;
}

const mark = (authorization) => authorization.slice('Bearer '.length).replaceAll('-', '.');

describe('two replicas behind nginx', { ...HANG, skip }, () => {
  let upstream;
  let replicas;
  let nginx;
  let url;
  const folder = mkdtempSync(join(tmpdir(), 'vapi-mcp-nginx-'));

  before(async () => {
    upstream = await FakeUpstream.start();
    // Each answer carries the key that it was asked with; with dots in it, because keys are hidden.
    upstream.answer = async ({ headers, path }) => {
      await wait(5);
      return { body: { id: path.split('/')[2] ?? 'new', name: mark(headers.authorization) } };
    };
    const flags = ['--allowed-hosts', 'mcp.example.com'];
    replicas = await Promise.all([serveHttp(upstream, flags), serveHttp(upstream, flags)]);
    const port = await freePort();
    writeFileSync(join(folder, 'nginx.conf'), configuration(folder, port, replicas));
    nginx = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { env, stdio: 'inherit' });
    process.on('exit', () => nginx.kill());
    url = new URL(`http://127.0.0.1:${port}/mcp`);
    const isReady = () => fetch(new URL('/readyz', url)).then((response) => response.ok, () => false);
    await until('nginx', isReady, () => wait(50));
  });
  after(async () => {
    nginx.kill();
    await within('the end of nginx', once(nginx, 'exit'));
    await Promise.all(replicas.map((replica) => replica.close()));
    await upstream.close();
    rmSync(folder, { recursive: true });
  });

  async function connect(key) {
    const client = new Client({ name: 'interop', version: '1.0.0' });
    await client.connect(new StreamableHTTPClientTransport(url, { requestInit: { headers: bearer(key) } }));
    return client;
  }

  it('a killed replica costs what was on its way, nothing twice, and nobody stays out', async () => {
    const counts = { answered: 0, after: 0, failed: 0, opened: 0 };
    let killed = false;
    let done = false;

    async function work(number) {
      const key = `key-${number}`;
      let client;
      for (let turn = 0; !done; turn += 1) {
        try {
          if (!client) {
            client = await connect(key);
            counts.opened += 1;
          }
          const write = turn % 2 === 0;
          const name = `${key}-${turn}`;
          const call = write
            ? { name: 'create_assistant', arguments: { name } }
            : { name: 'get_assistant', arguments: { assistantId: name } };
          // The client does not notice that the stream of its answer was cut.
          const result = await client.callTool(call, undefined, { timeout: 2000 });
          const shown = answer(result);
          assert.equal(shown.name, mark(`Bearer ${key}`));
          if (!write) assert.equal(shown.id, name);
          counts.answered += 1;
          if (killed) counts.after += 1;
        } catch (error) {
          if (error.code === 'ERR_ASSERTION') {
            // The others end too, so that the failure is told.
            done = true;
            throw error;
          }
          // Its replica is gone and with it its session: it opens another.
          assert.ok(killed, error);
          counts.failed += 1;
          client = undefined;
        }
      }
      assert.ok(client, `${key} found no way back`);
      await client.close();
    }

    const working = Promise.all(Array.from({ length: CALLERS }, (_, number) => work(number)));
    await wait(2000);
    const [victim] = replicas;
    killed = true;
    process.kill(victim.pid, 'SIGKILL');
    await wait(4000);
    done = true;
    await working;

    const names = upstream.requests.filter(({ method }) => method === 'POST').map(({ body }) => body.name);
    assert.equal(new Set(names).size, names.length, 'a write was sent twice');
    // A caller on the dead replica loses the call on its way and its session, or one of the two.
    assert.ok(counts.failed > 0 && counts.failed <= 2 * CALLERS, JSON.stringify(counts));
    assert.ok(counts.opened > CALLERS && counts.after > CALLERS, JSON.stringify(counts));
  });
});
