// What holds of a server of one client's own, which has one key and lives as long as its client.

import assert from 'node:assert/strict';
import { it } from 'node:test';

import { fixtures } from '../fake-upstream.mjs';
import { TOOLS } from './listing.mjs';
import { server, text } from './server.mjs';

export function stdio(shared) {
  it('401 is told in the words of the API', async () => {
    const { session, upstream } = shared;
    upstream.answer = fixtures.errors.unauthorized;
    const result = await session.call('create_call', { assistantId: 'one', allowDuplicate: true });
    assert.equal(result.isError, true);
    assert.match(text(result), /401/);
    assert.ok(text(result).includes(fixtures.errors.unauthorized.body.message));
    assert.equal(upstream.requests.length, 1);
  });

  it('without a key the tools are listed and a call says what to set', async () => {
    const { connect, upstream } = shared;
    const session = await connect(server(upstream, { key: null }));
    try {
      assert.equal((await session.list()).length, TOOLS.length);
      const result = await session.call('list_assistants', {});
      assert.equal(result.isError, true);
      assert.match(text(result), /VAPI_TOKEN/);
      assert.deepEqual(upstream.requests, []);
    } finally {
      await session.close();
    }
  });

  it('the server is gone once the client has closed, and takes its calls along', async () => {
    const { connect, upstream } = shared;
    const session = await connect(server(upstream));
    const { pid } = session;
    upstream.answer = 'stall';
    const call = session.call('get_call', { callId: 'slow' });
    const lost = assert.rejects(call);
    const [request] = await upstream.received(1);
    await session.close();
    await lost;
    await upstream.dropped(request);
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  });
}
