// The server as a process, without any client library: how it ends, and what it prints.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, beforeEach, describe, it } from 'node:test';

import { HANG, server } from './contract/server.mjs';
import { FakeUpstream } from './fake-upstream.mjs';
import { until } from './within.mjs';

const OPENING = [
  {
    id: 1,
    method: 'initialize',
    params: {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'interop', version: '1.0.0' },
    },
  },
  { method: 'notifications/initialized' },
];

const children = [];

describe('the process', HANG, () => {
  let upstream;
  before(async () => {
    upstream = await FakeUpstream.start();
  });
  beforeEach(() => upstream.reset());
  after(async () => {
    // A test that failed may have left its process.
    for (const child of children) child.kill();
    await upstream.close();
  });

  it('ends well when its input closes before anything was said', async () => {
    const { input, ended } = start(upstream);
    input.end();
    assert.deepEqual(await ended, { code: 0, signal: null, lines: [], complaints: '' });
  });

  it('ends well when its input closes, and prints nothing but the protocol', async () => {
    const { input, ended } = start(upstream);
    say(input, ...OPENING, { id: 2, method: 'tools/list' });
    input.end();
    const { code, signal, lines, complaints } = await ended;
    assert.deepEqual({ code, signal, complaints }, { code: 0, signal: null, complaints: '' });
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).id),
      [1, 2],
    );
  });

  it('ends by itself when its input closes during a call, and hangs up', async () => {
    const { input, ended } = start(upstream);
    upstream.answer = 'stall';
    const params = { name: 'get_call', arguments: { callId: 'slow' } };
    say(input, ...OPENING, { id: 2, method: 'tools/call', params });
    const [request] = await upstream.received(1);
    input.end();
    const { code, signal } = await ended;
    assert.deepEqual({ code, signal }, { code: 0, signal: null });
    await upstream.dropped(request);
  });

  it('answers a call with a lone surrogate in it, whatever it answers', { timeout: 15_000 }, async () => {
    const { input, ended, answers } = start(upstream);
    say(input, ...OPENING);
    // JSON may hold half of a character; a client that gets no answer at all waits for ever.
    input.write(
      String.raw`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"get_call","arguments":{"callId":"\ud83d"}}}` +
        '\n',
    );
    const { id } = await answers(2);
    assert.equal(id, 2);
    input.end();
    await ended;
  });
});

function start(upstream) {
  const { command, args, env, cwd } = server(upstream);
  const child = spawn(command, args, { env, cwd });
  children.push(child);
  const printed = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (printed.out += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (printed.err += text));
  const lines = () => printed.out.split('\n').filter((line) => line !== '');
  const ended = once(child, 'close').then(([code, signal]) => ({
    code,
    signal,
    lines: lines(),
    complaints: printed.err,
  }));
  const answers = async (count) => {
    await until(`${count} answers`, () => lines().length >= count, () => once(child.stdout, 'data'));
    return JSON.parse(lines()[count - 1]);
  };
  return { input: child.stdin, ended, answers };
}

function say(input, ...messages) {
  for (const message of messages) input.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}
