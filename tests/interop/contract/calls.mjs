// Calls that go well: what reaches the upstream, and what comes back.

import assert from 'node:assert/strict';
import { it } from 'node:test';

import { fixtures } from '../fake-upstream.mjs';
import { TEN_TOOLS } from './listing.mjs';
import { KEY, answer, text } from './server.mjs';

/** The mark of everything in the fixtures that nobody may read. */
const SECRET = 'invented-secret';

export function calls(shared) {
  for (const row of TEN_TOOLS) {
    it(`${row.tool} sends one right request and shows the answer`, async () => {
      const { session, upstream } = shared;
      const result = await session.call(row.tool, row.arguments);
      assert.ok(!result.isError, text(result));
      checkRequest(upstream, row.request);
      checkResult(result, row);
    });
  }

  it('calls in a row on one connection do not disturb each other', async () => {
    const { session, upstream } = shared;
    for (const id of ['one', 'two', 'three']) {
      assert.equal(answer(await session.call('get_call', { callId: id })).id, id);
      assert.equal(answer(await session.call('get_tool', { toolId: id })).id, id);
    }
    const paths = upstream.requests.map((request) => request.path);
    const wanted = ['one', 'two', 'three'].flatMap((id) => [`/call/${id}`, `/tool/${id}`]);
    assert.deepEqual(paths, wanted);
  });

  it('calls run beside each other, and each gets its own answer', async () => {
    const { session, upstream } = shared;
    // As many as a key may have on their way at once.
    const ids = Array.from({ length: 8 }, (_, index) => `call-${index}`);
    // None is answered before all have arrived, so that calls in a row would wait for ever.
    upstream.answer = upstream.together(ids.length);
    const results = await Promise.all(ids.map((id) => session.call('get_call', { callId: id })));
    assert.deepEqual(
      results.map((result) => answer(result).id),
      ids,
    );
  });

  it('an argument that a tool does not have is left out, and the second block says so', async () => {
    const { session, upstream } = shared;
    const result = await session.call('get_call', { callId: 'one', colour: 'red' });
    assert.equal(answer(result).id, 'one');
    assert.match(result.content[1].text, /colour/);
    assert.deepEqual(upstream.requests[0].query, {});
  });

  it('an integer is taken where Vapi wants a text', async () => {
    const { session, upstream } = shared;
    const result = await session.call('get_call', { callId: 5 });
    assert.ok(!result.isError, text(result));
    assert.deepEqual(upstream.requests.map(({ path }) => path), ['/call/5']);
  });

  it('text comes back as it was sent, in any script', async () => {
    const { session, upstream } = shared;
    const summary = 'Zürich — 東京 — العربية — 👩‍👩‍👧 — "quotes" \\ \u2028 \u0000';
    upstream.answer = { body: { ...fixtures.calls[0], analysis: { summary } } };
    const result = await session.call('get_call', { callId: 'one' });
    assert.equal(answer(result).analysis.summary, summary);
  });

  it('no secret of an answer is shown', async () => {
    const { session } = shared;
    for (const row of TEN_TOOLS) {
      const result = await session.call(row.tool, row.arguments);
      assert.ok(!text(result).includes(SECRET), `${row.tool}: ${text(result)}`);
    }
  });
}

function checkRequest(upstream, wanted) {
  const [request, ...more] = upstream.requests;
  assert.deepEqual(more, []);
  const { method, path, query, body, headers } = request;
  assert.deepEqual({ method, path, query, body }, wanted);
  assert.equal(headers.authorization, `Bearer ${KEY}`);
  assert.equal(headers.accept, 'application/json');
  // Vapi's edge refuses requests that do not say who they are.
  assert.match(headers['user-agent'], /^vapi-mcp\/\d+\.\d+\.\d+/);
  assert.equal(headers['content-type'], method === 'POST' ? 'application/json' : undefined);
}

function checkResult(result, row) {
  assert.equal(result.content[0].type, 'text');
  const shown = answer(result);
  assert.equal(Array.isArray(shown), row.list);
  const record = row.list ? shown[0] : shown;
  for (const pointer of row.keys) {
    const value = pointer.slice(1).split('/').reduce((here, key) => here?.[key], record);
    assert.notEqual(value, undefined, `${row.tool} shows ${pointer}`);
  }
}
