// A client as PHP programs are: an empty array is written as a list, whatever was meant, and one
// answer in JSON is all that is read.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { bearer, serveHttp } from './contract/http.mjs';
import { HANG, KEY, answer } from './contract/server.mjs';
import { FakeUpstream } from './fake-upstream.mjs';

for (const flags of [[], ['--stateless']]) {
  describe(`a client that writes empty objects as lists ${flags.join(' ')}`.trim(), HANG, () => {
    let upstream, served, session;
    const ask = async (message) => {
      const response = await fetch(`${served.mcp.href}/`, {
        method: 'POST',
        headers: { ...bearer(KEY), ...session, 'Content-Type': 'application/json', Accept: 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', ...message }),
      });
      const id = response.headers.get('mcp-session-id');
      if (id) session = { 'Mcp-Session-Id': id };
      const text = await response.text();
      return { status: response.status, body: text && JSON.parse(text) };
    };
    before(async () => {
      upstream = await FakeUpstream.start();
      served = await serveHttp(upstream, flags);
    });
    after(async () => {
      await served?.close();
      await upstream?.close();
    });

    it('opens the protocol, lists the tools and calls one', async () => {
      const params = { protocolVersion: '2025-06-18', capabilities: [], clientInfo: { name: 'php' } };
      const hello = await ask({ id: 1, method: 'initialize', params });
      assert.equal(hello.body.result.protocolVersion, '2025-06-18');
      const done = await ask({ method: 'notifications/initialized', params: [] });
      assert.deepEqual(done, { status: 202, body: '' });
      const list = await ask({ id: 2, method: 'tools/list', params: [] });
      assert.ok(list.body.result.tools.length > 0);
      const call = await ask({ id: 3, method: 'tools/call', params: { name: 'list_calls', arguments: [] } });
      assert.equal(call.body.id, 3);
      assert.ok(Array.isArray(answer(call.body.result)));
    });

    it('is told in JSON what it got wrong', async () => {
      const wrong = await ask({ id: 4, method: 'initialize', params: [] });
      assert.equal(wrong.status, 400);
      assert.equal(wrong.body.id, 4);
      assert.equal(wrong.body.error.message, 'params.protocolVersion is missing');
    });
  });
}
