// What holds of a server of many clients, reached over HTTP.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { it } from 'node:test';
import { createInterface } from 'node:readline';

import { fixtures } from '../fake-upstream.mjs';
import { within } from '../within.mjs';
import { KEY, answer, server } from './server.mjs';

/** The server over HTTP before this upstream: its addresses, and `close`. */
export async function serveHttp(upstream, flags = [], variables = {}) {
  const { command, env, cwd } = server(upstream, { key: null });
  // No balancer is waited for when it ends.
  const always = ['http', '--sse', '--listen', '127.0.0.1:0', '--drain-seconds', '0'];
  const child = spawn(command, [...always, ...flags], {
    cwd,
    env: { ...env, ...variables },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // A test that fails leaves no process behind.
  const kill = () => child.kill('SIGKILL');
  process.on('exit', kill);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const url = (await within('the address', lines.next())).value.match(/^Serving (http:.*)\/mcp$/)[1];
  const metrics = flags.includes('--metrics-listen')
    ? (await within('the address of the metrics', lines.next())).value.match(/^Metrics at (.*)$/)[1]
    : undefined;
  return {
    url,
    mcp: new URL(`${url}/mcp`),
    sse: new URL(`${url}/sse`),
    metrics,
    pid: child.pid,
    async close() {
      const ended = child.exitCode ?? child.signalCode ?? once(child, 'exit');
      child.kill();
      await within('the end of the server', Promise.resolve(ended));
      process.off('exit', kill);
    },
  };
}

/** The headers of a caller with this key. */
export const bearer = (key) => ({ Authorization: `Bearer ${key}` });

/**
 * A `connect` for the contract out of one that takes the server and the caller's headers, and gives
 * a session without `pid`.
 */
export function overHttp(connect, flags) {
  return async ({ env }) => {
    const served = await serveHttp({ url: env.VAPI_API_BASE_URL }, flags);
    try {
      const session = await connect(served, bearer(KEY));
      const close = async () => {
        await session.close();
        await served.close();
      };
      return { ...session, close, served };
    } catch (error) {
      await served.close();
      throw error;
    }
  };
}

/** What `connect` of the contract was made of. */
export function http(connect) {
  return (shared) => {
    it('another caller on the same server is served with its own key', async () => {
      const { served } = shared.session;
      const other = await connect(served, bearer('interop-key-2'));
      await Promise.all([
        other.call('get_call', { callId: 'one' }),
        shared.session.call('get_call', { callId: 'two' }),
      ]);
      const sent = shared.upstream.requests.map(({ path, headers }) => [path, headers.authorization]);
      assert.deepEqual(sent.sort(), [
        ['/call/one', 'Bearer interop-key-2'],
        ['/call/two', `Bearer ${KEY}`],
      ]);
      await other.close();
      assert.equal(answer(await shared.session.call('get_call', { callId: 'on' })).id, 'on');
    });

    it('a caller without a key, and one whose key Vapi refused, are told so', async () => {
      const { served } = shared.session;
      await assert.rejects(connect(served, {}), /401|[Uu]nauthorized/);
      shared.upstream.answer = fixtures.errors.unauthorized;
      const refused = await connect(served, bearer('interop-key-3'));
      assert.equal((await refused.call('get_call', { callId: 'one' })).isError, true);
      await assert.rejects(refused.call('get_call', { callId: 'one' }), /Vapi refused this key/);
      assert.equal(shared.upstream.requests.length, 1);
      await refused.close();
    });
  };
}
