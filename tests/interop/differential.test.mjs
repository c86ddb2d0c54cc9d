// Our server beside Vapi's own, `@vapi-ai/mcp-server`: the same call to both, the same upstream
// behind both. Whoever changes over must find the same requests and every key of the results.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { HANG } from './contract/server.mjs';
import { createAssistant } from './differential/cases-create-assistant.mjs';
import { createCall } from './differential/cases-create-call.mjs';
import { createTool } from './differential/cases-create-tool.mjs';
import { updates } from './differential/cases-updates.mjs';
import { reads } from './differential/cases-reads.mjs';
import { compare } from './differential/compare.mjs';
import { Differences } from './differential/rules.mjs';
import { ours, theirs } from './differential/sides.mjs';
import { FakeUpstream } from './fake-upstream.mjs';

describe("beside the vendor's server", { timeout: 3 * HANG.timeout }, () => {
  const allowed = new Differences();
  let upstream;
  let vendor;
  let product;

  before(async () => {
    upstream = await FakeUpstream.start();
    [vendor, product] = await Promise.all([theirs(upstream), ours(upstream)]);
  });

  after(async () => {
    await vendor?.close();
    await product?.close();
    await upstream?.close();
    console.log(`Differences seen, by rule:\n${allowed.table()}`);
  });

  for (const row of [...reads, ...createAssistant, ...createCall, ...createTool, ...updates]) {
    it(`${row.tool} ${row.says}`, HANG, async () => {
      const vendors = await ask(vendor, row);
      // Rows differ in little, and ours takes what comes twice for a mistake.
      const again = row.tool === 'create_call' ? { allowDuplicate: true } : {};
      const products = await ask(product, { ...row, args: { ...row.args, ...again } });
      compare(row, vendors, products, vendors.said, allowed);
    });
  }

  it('every allowed difference was met', () => {
    assert.deepEqual(allowed.unseen(), []);
  });

  /** Calls the tool, and returns what was sent, what the upstream said, and what came back. */
  async function ask(client, { tool, args, answer, stored }) {
    upstream.reset();
    if (stored) upstream.answer = { body: stored };
    if (answer) upstream.answer = answer;
    const usual = upstream.answer;
    let said;
    upstream.answer = (request) => {
      const full = typeof usual === 'function' ? usual(request) : usual;
      said = full.body;
      return full;
    };
    const result = await client.callTool({ name: tool, arguments: args });
    return { requests: upstream.requests, result, said };
  }
});
