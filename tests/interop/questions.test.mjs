// What people ask that takes one call, and how many bytes of arguments and of result it costs.

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';

import { HANG, answer, emptyFolder, server, text } from './contract/server.mjs';
import { FakeUpstream } from './fake-upstream.mjs';

/** A client of a server that is started so, whose `ask` says how many bytes a call costs. */
async function open(parameters) {
  const client = new Client({ name: 'interop', version: '1.0.0' });
  await client.connect(new StdioClientTransport(parameters));
  const ask = async (t, name, args) => {
    const result = await client.callTool({ name, arguments: args });
    assert.ok(!result.isError, text(result));
    const bytes = { asked: Buffer.byteLength(JSON.stringify(args)), told: Buffer.byteLength(text(result)) };
    t.diagnostic(`${name}: ${bytes.asked} bytes of arguments, ${bytes.told} of the result`);
    return { rows: answer(result), told: text(result), bytes };
  };
  return { ask, close: () => client.close() };
}

describe('questions about calls, asked of the sandbox', HANG, () => {
  const { command } = server({ url: '' });
  const people = [
    { name: 'Ann', number: '+15550100123', slot: 'Tuesday, 9:00' },
    { name: 'Bob', number: '+15550100124', slot: 'Tuesday, 9:30' },
    { name: 'Cem', number: '+15550100104', slot: 'Tuesday, 10:00' },
    { name: 'Dia', number: '+15550100105', slot: 'Tuesday, 10:30' },
    { name: 'Eve', number: '+15550100101', slot: 'Tuesday, 11:00' },
  ];
  let session, assistantId, placed;

  before(async () => {
    session = await open({ command, args: ['--sandbox'], env: {}, cwd: emptyFolder });
  });
  after(() => session?.close());

  it('five people are called, each with words of their own, and no id is lost', async (t) => {
    const quiet = { diagnostic() {} };
    const made = await session.ask(quiet, 'create_assistant', {
      name: 'Reminder',
      firstMessage: 'Hello {{name}}, your appointment is on {{slot}}.',
    });
    assistantId = made.rows.id;
    const numbers = await session.ask(quiet, 'list_phone_numbers', {});
    const { rows, told, bytes } = await session.ask(t, 'create_call', {
      assistantId,
      phoneNumberId: numbers.rows[0].id,
      customers: people.map(({ name, number, slot }) => ({
        number,
        name,
        assistantOverrides: { variableValues: { name, slot } },
      })),
    });
    assert.deepEqual(rows.errors.map(({ number }) => number), ['+15550100105']);
    placed = rows.results;
    assert.deepEqual(
      placed.map((row) => [row.number, row.status]),
      people.filter(({ name }) => name !== 'Dia').map(({ number }) => [number, 'queued']),
    );
    assert.equal(new Set(placed.map(({ id }) => id)).size, 4);
    assert.match(told, /^1 of 5 was not called; see `errors`\.$/m);
    assert.match(told, /wait_for_call/);
    assert.ok(bytes.told <= 1_100, told);
  });

  it('each of them heard their own words', async () => {
    for (const [index, person] of [people[0], people[1]].entries()) {
      const { rows } = await session.ask({ diagnostic() {} }, 'wait_for_call', { callId: placed[index].id });
      assert.equal(
        rows.transcript.split('\n')[0],
        `AI: Hello ${person.name}, your appointment is on ${person.slot}.`,
      );
    }
  });

  it('which calls failed, and why', async (t) => {
    const { rows, told, bytes } = await session.ask(t, 'list_calls', { endedReason: '*error*' });
    assert.deepEqual(rows.map(({ id, endedReason }) => [id, endedReason]), [
      [placed[2].id, 'call.in-progress.error-sip-outbound-call-failed-to-connect'],
    ]);
    assert.match(told, /^call\.in-progress\.error-sip-outbound-call-failed-to-connect: the call did not connect/m);
    assert.match(told, /^Searched all 4 rows, createdAt from .* to .*: 1 matches\.$/m);
    assert.ok(bytes.told <= 1_100, told);
  });

  it('how all of them ended', async (t) => {
    const { rows, told } = await session.ask(t, 'list_calls', { status: 'ended' });
    assert.equal(rows.length, 4);
    for (const reason of new Set(rows.map(({ endedReason }) => endedReason))) {
      assert.equal(told.split('\n').filter((line) => line.startsWith(`${reason}: `)).length, 1, told);
    }
  });

  it('a reason that none has is answered with those that there are', async (t) => {
    const { rows, told } = await session.ask(t, 'list_calls', { endedReason: 'failed' });
    assert.deepEqual(rows, []);
    const [, reasons] = told.match(/none of them matches\. Values of endedReason found: (.*)\.$/m);
    assert.deepEqual(reasons.split(', ').sort(), [
      'call.in-progress.error-sip-outbound-call-failed-to-connect',
      'customer-busy',
      'customer-ended-call',
    ]);
  });

  it('what each assistant cost last week', async (t) => {
    const createdAfter = new Date(Date.now() - 7 * 24 * 60 * 60 * 1_000).toISOString();
    const { rows, told, bytes } = await session.ask(t, 'summarize_calls', { groupBy: 'assistantId', createdAfter });
    const [row, ...more] = rows;
    assert.deepEqual(more, []);
    assert.equal(row.assistantId, assistantId);
    assert.equal(row.calls, 4);
    const { rows: calls } = await session.ask({ diagnostic() {} }, 'list_calls', { assistantId });
    const cost = calls.reduce((sum, call) => sum + call.cost, 0);
    assert.ok(cost > 0 && Math.abs(row.totalCost - cost) < 1e-3, `${row.totalCost} ${cost}`);
    assert.ok(bytes.told <= 1_000, told);
  });

  it('a batch for tomorrow says when it rings', async (t) => {
    const numbers = await session.ask({ diagnostic() {} }, 'list_phone_numbers', {});
    const scheduledAt = new Date(Date.now() + 24 * 60 * 60 * 1_000).toISOString();
    const { rows, told } = await session.ask(t, 'create_call', {
      assistantId,
      phoneNumberId: numbers.rows[0].id,
      customers: [{ number: '+15550100101' }, { number: '+15550100102' }],
      scheduledAt,
    });
    assert.deepEqual(Object.keys(rows.results[0]), ['id', 'number', 'status']);
    assert.ok(told.includes(`\nThe calls are scheduled for ${scheduledAt}: nobody has been called yet. After the call`), told);
  });
});

describe('one assistant among a thousand', HANG, () => {
  let upstream, session;
  let fetched = 0;
  const assistants = Array.from({ length: 1_000 }, (_, index) => {
    const number = 999 - index;
    const words = number === 123 ? 'We sell parrots and macaws on Sundays.' : 'We sell shoes on Mondays.';
    const prompt = `${'You are friendly and brief. '.repeat(60)}${words} ${'Ask before you book. '.repeat(60)}`;
    const time = new Date(Date.UTC(2027, 1, 1) + number * 60_000).toISOString();
    return {
      id: `a5515700-0000-4000-8000-${String(number).padStart(12, '0')}`,
      name: `Desk ${number}`,
      createdAt: time,
      updatedAt: time,
      model: { provider: 'openai', model: 'gpt-4o', messages: [{ role: 'system', content: prompt }] },
      firstMessage: `Hello, this is desk ${number}.`,
    };
  });

  before(async () => {
    upstream = await FakeUpstream.start();
    upstream.answer = ({ query: { limit, createdAtLe } }) => {
      const rows = assistants.filter(({ createdAt }) => !createdAtLe || createdAt <= createdAtLe);
      const body = JSON.stringify(rows.slice(0, Number(limit)));
      fetched += Buffer.byteLength(body);
      return { body };
    };
    session = await open(server(upstream));
  });
  after(async () => {
    await session?.close();
    await upstream?.close();
  });

  it('the one that mentions a word', async (t) => {
    const { rows, told, bytes } = await session.ask(t, 'list_assistants', { search: 'parrots' });
    t.diagnostic(`${fetched} bytes came from the API in ${upstream.requests.length} pages`);
    assert.deepEqual(rows.map(({ id, name }) => [id, name]), [[assistants[876].id, 'Desk 123']]);
    assert.match(rows[0].snippet, /We sell parrots and macaws on Sundays\./);
    assert.match(told, /^Searched all 1,000 rows, /m);
    assert.ok(upstream.requests.length <= 20);
    assert.ok(bytes.told <= 600 && fetched > 1_000_000, told);
  });
});
