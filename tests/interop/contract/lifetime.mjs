// How calls end before their time.

import assert from 'node:assert/strict';
import { it } from 'node:test';

import { answer } from './server.mjs';

export function lifetime(shared) {
  it('a cancelled call hangs up on the upstream, and the connection goes on', async () => {
    const { session, upstream } = shared;
    upstream.answer = 'stall';
    const cancel = new AbortController();
    const call = session.call('get_call', { callId: 'slow' }, cancel.signal);
    const [request] = await upstream.received(1);
    cancel.abort();
    await assert.rejects(call);
    await upstream.dropped(request);
    upstream.reset();
    assert.equal(answer(await session.call('get_call', { callId: 'one' })).id, 'one');
  });

  it('cancelling one call leaves another alone', async () => {
    const { session, upstream } = shared;
    let finish;
    const held = new Promise((resolve) => {
      finish = resolve;
    });
    upstream.answer = ({ path }) => (path === '/call/kept' ? held : 'stall');
    const cancel = new AbortController();
    const kept = session.call('get_call', { callId: 'kept' });
    const lost = session.call('get_call', { callId: 'lost' }, cancel.signal);
    const requests = await upstream.received(2);
    cancel.abort();
    await assert.rejects(lost);
    await upstream.dropped(requests.find((request) => request.path === '/call/lost'));
    finish({ body: { id: 'kept' } });
    assert.equal(answer(await kept).id, 'kept');
  });
}
