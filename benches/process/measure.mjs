// What is measured of one server. Every answer is checked, after the clock has stopped.

import assert from 'node:assert/strict';

import { COUNT, callId } from './calls.mjs';
import { Server } from './server.mjs';

/** So many calls are unanswered at a time in the figure of calls per second. */
export const IN_FLIGHT = 32;
/** What the slow upstream holds every answer back for, in ms. */
export const DELAY = 20;
/** Calls whose time does not count: caches are cold, and compilers have not yet run. */
const WARM_UP = 200;

const assistantId = (number) => `a5515700-0000-4000-8000-${String(number).padStart(12, '0')}`;
const line = (message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`;
const callOf = (id, name, given) =>
  line({ id, method: 'tools/call', params: { name, arguments: given } });
const getAssistant = (number) =>
  callOf(number, 'get_assistant', { assistantId: assistantId(number) });

const INITIALIZE = line({
  id: 'initialize',
  method: 'initialize',
  params: {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'benchmark', version: '1.0.0' },
  },
});
const INITIALIZED = line({ method: 'notifications/initialized' });
const LIST = line({ id: 'tools', method: 'tools/list' });

/** From its start to the answered list of tools, as a client opens it. */
export async function open(side, channel) {
  const server = new Server(side, channel);
  try {
    const greeting = await server.ask(INITIALIZE);
    server.say(INITIALIZED);
    const list = await server.ask(LIST);
    const start = performance.now() - server.began;
    const status = server.status();
    const { tools } = result(list, 'tools');
    for (const name of ['get_assistant', 'list_calls']) {
      assert.ok(tools.some((tool) => tool.name === name), `there is no ${name}`);
    }
    const { version } = result(greeting, 'initialize').serverInfo;
    const { resident, threads } = status;
    const listing = Buffer.byteLength(list);
    return { server, version, figures: { start, resident, threads, listing, tools: tools.length } };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** The start of the least program that answers a line: what no server can do without. */
export async function bareStart(channel) {
  const cat = new Server({ command: '/bin/cat', args: [], env: {}, cwd: '/' }, channel);
  try {
    assert.equal(`${await cat.ask(LIST)}\n`, LIST);
    return performance.now() - cat.began;
  } finally {
    await cat.stop();
  }
}

/** The times of the first call, of calls one by one, and of many at once. */
export async function load(server, upstream, { calls, slow, many }) {
  const figures = {};
  [figures.first] = await oneByOne(server, 1);
  await oneByOne(server, WARM_UP);
  await upstream.turn(0);
  figures.call = median(await oneByOne(server, calls));
  await expectRequests(upstream, calls, DELAY);
  figures.slow = median(await oneByOne(server, slow));
  await expectRequests(upstream, slow, 0);

  const lines = Array.from({ length: many }, (_, number) => getAssistant(number));
  const began = performance.now();
  const answers = await server.exchange(lines, IN_FLIGHT);
  figures.rate = (many / (performance.now() - began)) * 1000;
  const answered = new Set(answers.map(checkAssistant));
  assert.equal(answered.size, many, 'a call was answered twice');
  await expectRequests(upstream, many, 0);

  const { peak, threads } = server.status();
  return { ...figures, peak, busyThreads: threads };
}

/** The list of calls: its time, and what the first one adds to the peak of memory. */
export async function list(server, side, times) {
  // The HTTP client is made with the first call and is not the list's.
  await oneByOne(server, 1);
  const before = server.status().peak;
  const took = [];
  let growth, shown;
  for (let number = 0; number < times; number += 1) {
    const began = performance.now();
    const answer = await server.ask(callOf(number, 'list_calls', side.listCalls));
    took.push(performance.now() - began);
    growth ??= server.status().peak - before;
    shown = checkRows(answer, number);
  }
  return { list: median(took), shown, growth, listPeak: server.status().peak };
}

/** The same requests without a server between. */
export async function straight(upstream, { calls, slow, listings }) {
  const get = async (number) => {
    const began = performance.now();
    const body = await upstream.get(`/assistant/${assistantId(number)}`);
    const took = performance.now() - began;
    assert.equal(JSON.parse(body).id, assistantId(number));
    return took;
  };
  const figures = {};
  await times(WARM_UP, get);
  figures.call = median(await times(calls, get));
  await upstream.turn(DELAY);
  figures.slow = median(await times(slow, get));
  await upstream.turn(0);
  const lists = await times(listings, async () => {
    const began = performance.now();
    const { length } = await upstream.get('/call?limit=100');
    const took = performance.now() - began;
    assert.equal(length, (await upstream.turn(0)).bytes);
    return took;
  });
  return { ...figures, list: median(lists) };
}

function oneByOne(server, count) {
  return times(count, async (number) => {
    const request = getAssistant(number);
    const began = performance.now();
    const answer = await server.ask(request);
    const took = performance.now() - began;
    assert.equal(checkAssistant(answer), number);
    return took;
  });
}

async function times(count, once) {
  const took = [];
  for (let number = 0; number < count; number += 1) took.push(await once(number));
  return took;
}

/** Nothing was asked of the upstream twice, and nothing was answered without it. */
async function expectRequests(upstream, count, nextDelay) {
  const seen = await upstream.turn(nextDelay);
  assert.equal(seen.requests, count, 'requests at the upstream');
}

/** The number of the call that this line answers, with the assistant that was asked for. */
function checkAssistant(answer) {
  const { id } = JSON.parse(answer);
  assert.equal(JSON.parse(textOf(answer, id)).id, assistantId(id));
  return id;
}

/** How many rows there are: the list's, from its first on, all of them or with a word on the rest. */
function checkRows(answer, id) {
  const rows = JSON.parse(textOf(answer, id));
  assert.deepEqual(
    rows.map((row) => row.id),
    Array.from({ length: rows.length }, (_, index) => callId(index)),
  );
  const [, remark] = result(answer, id).content;
  assert.ok(rows.length === COUNT || (rows.length > 0 && /cursor/.test(remark?.text)), 'rows are missing');
  return rows.length;
}

function textOf(answer, id) {
  const { isError, content } = result(answer, id);
  assert.ok(!isError && content[0].type === 'text', answer.slice(0, 500));
  return content[0].text;
}

function result(answer, id) {
  const message = JSON.parse(answer);
  assert.equal(message.id, id);
  assert.ok(message.result, answer.slice(0, 500));
  return message.result;
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
