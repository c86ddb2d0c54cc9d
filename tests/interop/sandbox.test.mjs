// The sandbox, as others know Vapi: by Vapi's own SDK over HTTP, and by the official clients of
// both generations over `--sandbox`.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { Client as Client2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as Stdio2 } from '@modelcontextprotocol/client/stdio';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as Stdio1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { VapiClient } from '@vapi-ai/server-sdk';

import { answer, emptyFolder, HANG, server, text } from './contract/server.mjs';
import { until } from './within.mjs';

const NUMBER = '+15550100123';
const { command } = server({ url: '' });

describe("Vapi's own TypeScript SDK against the sandbox", HANG, () => {
  let sandbox;
  let vapi;
  before(async () => {
    const words = ['sandbox', '--listen', '127.0.0.1:0'];
    sandbox = spawn(command, words, { cwd: emptyFolder, env: {}, stdio: ['ignore', 'pipe', 'inherit'] });
    const [announced] = await sandbox.stdout.setEncoding('utf8').take(1).toArray();
    const [baseUrl] = announced.match(/http:\/\/[\d.:]+/);
    // Its timers outlive its calls, and the process waits for them.
    vapi = new VapiClient({ token: 'any', baseUrl, maxRetries: 0, timeoutInSeconds: 5 });
  });
  after(() => sandbox.kill());

  it('creates, lists, changes and removes assistants', async () => {
    const made = await vapi.assistants.create({ name: 'Front desk', firstMessage: 'Hello!' });
    assert.match(made.id, /^5a4db0c5-/);
    assert.equal((await vapi.assistants.get({ id: made.id })).name, 'Front desk');
    assert.equal((await vapi.assistants.list({ limit: 1 }))[0].id, made.id);
    assert.equal((await vapi.assistants.update({ id: made.id, name: 'Desk' })).name, 'Desk');
    await vapi.assistants.delete({ id: made.id });
    await assert.rejects(vapi.assistants.get({ id: made.id }), { statusCode: 404 });
  });

  it('creates, lists and follows calls', async () => {
    const [assistant] = await vapi.assistants.list();
    const [number] = await vapi.phoneNumbers.list();
    const references = { assistantId: assistant.id, phoneNumberId: number.id };
    const placed = await vapi.calls.create({ ...references, customer: { number: NUMBER } });
    assert.equal(placed.status, 'queued');
    let call = placed;
    const isAnalysed = async () => {
      call = await vapi.calls.get({ id: placed.id });
      return call.analysis;
    };
    await until('the analysis', isAnalysed, () => wait(200));
    assert.equal(call.status, 'ended');
    assert.match(call.artifact.transcript, /^AI: /);
    assert.ok(call.cost > 0);
    const mine = await vapi.calls.list({ assistantId: assistant.id });
    assert.deepEqual(mine.map(({ id }) => id), [placed.id]);
  });

  it('lists campaigns', async () => {
    const { results } = await vapi.campaigns.campaignControllerFindAll();
    assert.deepEqual(results, []);
  });

  it('refuses in the envelope of Vapi', async () => {
    const refused = vapi.assistants.create({ name: 'x'.repeat(41) });
    await assert.rejects(refused, (error) => {
      assert.equal(error.statusCode, 400);
      assert.deepEqual(error.body.message, ['name must be shorter than or equal to 40 characters']);
      return true;
    });
    await assert.rejects(vapi.assistants.get({ id: 'none' }), { statusCode: 404 });
  });

  it('loses the answer to a call that it has placed', async () => {
    const [assistant] = await vapi.assistants.list();
    const [number] = await vapi.phoneNumbers.list();
    const before = (await vapi.calls.list()).length;
    const references = { assistantId: assistant.id, phoneNumberId: number.id };
    await assert.rejects(vapi.calls.create({ ...references, customer: { number: '+15550100107' } }));
    assert.equal((await vapi.calls.list()).length, before + 1);
  });
});

for (const [name, Client, Transport, options, hasSession] of [
  ['1', Client1, Stdio1, {}, true],
  ['2', Client2, Stdio2, { versionNegotiation: { mode: 'auto' } }, false],
]) {
  describe(`the ten tools over the sandbox, by the TypeScript client ${name}`, HANG, () => {
    let client;
    let isFirst = true;
    before(async () => {
      client = new Client({ name: 'interop', version: '1.0.0' }, options);
      await client.connect(new Transport({ command, args: ['--sandbox'], env: {}, cwd: emptyFolder }));
    });
    after(() => client?.close());

    /**
     * What a tool answers. That this is a sandbox stands beside it: in a session the first time, and
     * with what is created; without one always.
     */
    async function call(name, args = {}) {
      const result = await client.callTool({ name, arguments: args });
      assert.ok(!result.isError, text(result));
      const isTold = /This is the sandbox/.test(result.content.at(-1).text);
      assert.equal(isTold, !hasSession || isFirst || name.startsWith('create_'), name);
      isFirst = false;
      return answer(result);
    }

    it('is named a sandbox', () => {
      assert.equal(client.getServerVersion().title, 'Vapi (sandbox)');
      assert.match(client.getInstructions(), /^SANDBOX/);
    });

    it('they do what they do with Vapi', async () => {
      const [tool] = await call('list_tools');
      assert.equal((await call('get_tool', { toolId: tool.id })).name, tool.name);
      const [number] = await call('list_phone_numbers');
      const phoneNumberId = number.id;
      assert.equal((await call('get_phone_number', { phoneNumberId })).phoneNumber, number.phoneNumber);
      const made = await call('create_assistant', { name: 'Front desk', toolIds: [tool.id] });
      const assistantId = made.id;
      assert.deepEqual((await call('get_assistant', { assistantId })).toolIds, [tool.id]);
      assert.equal((await call('list_assistants'))[0].id, assistantId);
      const placed = await call('create_call', { assistantId, phoneNumberId, customer: { number: NUMBER } });
      assert.equal(placed.status, 'queued');
      const ended = await call('wait_for_call', { callId: placed.id });
      assert.equal(ended.endedReason, 'customer-ended-call');
      assert.match(ended.analysis.summary, /sandbox/);
      assert.equal((await call('get_call', { callId: placed.id })).transcript, ended.transcript);
      assert.equal((await call('list_calls', { assistantId }))[0].id, placed.id);
    });
  });
}
