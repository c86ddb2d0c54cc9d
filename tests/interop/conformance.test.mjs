// The protocol's official conformance suite, with the requirements of both eras.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { serveHttp } from './contract/http.mjs';
import { HANG } from './contract/server.mjs';
import { FakeUpstream } from './fake-upstream.mjs';

const remote = (path) => fileURLToPath(new URL(`./remote/${path}`, import.meta.url));

// The suite needs a newer Node than the rest.
const NODE = remote(`node_modules/node-${process.platform}-${process.arch}/bin/node`);
const SUITE = remote('node_modules/@modelcontextprotocol/conformance/dist/index.js');

describe('the official conformance suite', { timeout: 5 * HANG.timeout }, () => {
  for (const revision of ['2025-11-25', '2026-07-28']) {
    it(`finds nothing amiss with the requirements of ${revision}`, async () => {
      const upstream = await FakeUpstream.start();
      // It sends no key, and asks fast.
      const flags = ['--share-token', '--rate-per-token', '10000'];
      const served = await serveHttp(upstream, flags, { VAPI_TOKEN: 'interop-key-1' });
      const expected = remote(`conformance-${revision}.yml`);
      const suite = spawn(
        NODE,
        [SUITE, 'server', '--url', served.mcp.href, '--requirements', revision, '--expected-failures', expected],
        { stdio: ['ignore', 'pipe', 'pipe'] },
      );
      let said = '';
      for (const pipe of [suite.stdout, suite.stderr]) {
        pipe.setEncoding('utf8').on('data', (text) => {
          said += text;
        });
      }
      const [code] = await once(suite, 'close');
      await served.close();
      await upstream.close();
      assert.equal(code, 0, said.slice(said.indexOf('=== SUMMARY')));
      assert.match(said, /tools-list: \d passed, 0 failed/);
    });
  }
});
