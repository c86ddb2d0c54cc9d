// The judge of `evals/`: each thing that can be wrong is a failure. The data files have no unknown keys.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { judgeAnswer, judgeRequests, judgeState, judgeSteps } from '../../evals/judge.mjs';
import { check, fill, load, names, values, wishOf } from '../../evals/task.mjs';
import { acceptsChanged, acceptsNothing } from '../../evals/vacuity.mjs';

const patch = { method: 'PATCH', path: '/assistant/a', body: { voice: { speed: 1 }, name: 'x' } };

test('every task has a valid file', () => {
  assert.ok(names().length >= 40);
  names().forEach(load);
});

test('a task with an unknown, missing or empty key is refused', () => {
  const task = { wish: 'w', traces: { core: [{ tool: 't', arguments: {} }] }, judge: { sent: [], answer: ['a'] } };
  check(task);
  for (const [wrong, reason] of [
    [{ ...task, wsh: '' }, /unknown key `wsh`/],
    [{ ...task, wish: undefined }, /`task` lacks `wish`/],
    [{ ...task, traces: {} }, /a trace is empty or missing/],
    [{ ...task, traces: { whole: [] } }, /a trace is empty or missing/],
    [{ ...task, traces: { half: [] } }, /unknown key `half` in `traces`/],
    [{ ...task, traces: { core: [{ tool: 't', arguments: {}, hold: [] }] } }, /unknown key `hold` in `step`/],
    [{ ...task, state: ['nobody'] }, /no shared state `nobody`/],
    [{ ...task, judge: { answer: ['a'] } }, /`judge` lacks `sent`/],
    [{ ...task, judge: { sent: [], answer: [] } }, /`judge.answer` is empty/],
    [{ ...task, judge: { sent: [{ request: 'GET /', bdy: {} }], answer: ['a'] } }, /unknown key `bdy` in `sent`/],
    [{ ...task, judge: { sent: [], answer: ['a'], after: [{ request: 'GET /' }] } }, /needs `at` or `status`/],
  ]) {
    assert.throws(() => check(wrong), reason);
  }
});

test('a request that changes something must be expected, and an expected one must be sent', () => {
  const read = { method: 'GET', path: '/assistant?limit=1' };
  const request = 'PATCH /assistant/a';
  for (const expected of [
    { request },
    { request: 'PATCH /assistant/*' },
    { request, body: { voice: { speed: 1 } } },
    { request, keys: ['name', 'voice'] },
  ]) {
    assert.deepEqual(judgeRequests([expected], [read, patch]), []);
  }
  assert.match(judgeRequests([], [patch])[0], /must not be sent: PATCH \/assistant\/a/);
  assert.match(judgeRequests([{ request }], [read])[0], /was sent 0 times/);
  assert.match(judgeRequests([{ request }], [patch, patch])[0], /must not be sent/);
  assert.match(judgeRequests([{ request, times: 2 }], [patch])[0], /must be sent 2 times, but was sent 1 times/);
  for (const different of [
    { request: 'PATCH /assistant/b' },
    { request: 'PATCH /assistant' },
    { request: 'DELETE /assistant/a' },
    { request, body: { voice: { speed: 2 } } },
    { request, body: { voice: [] } },
    { request, body: { more: null } },
    { request, keys: ['voice'] },
  ]) {
    assert.equal(judgeRequests([different], [patch]).length, 2, JSON.stringify(different));
  }
});

test('a read is judged only if it is expected, and may be repeated', () => {
  const read = { method: 'GET', path: '/call/a?x=1' };
  const compute = { method: 'POST', path: '/analytics', body: {} };
  assert.deepEqual(judgeRequests([{ request: 'POST /analytics' }], [compute, compute]), []);
  assert.deepEqual(judgeRequests([{ request: 'GET /call/a' }], [read, read, compute]), []);
  assert.deepEqual(judgeRequests([{ request: 'GET /call/a' }], [read]), []);
  assert.equal(judgeRequests([{ request: 'GET /call/b' }], [read]).length, 1);
});

test('a step that fails, is not refused, sends although refused or lacks a text is a failure', () => {
  const step = (isError, requests = []) => ({ result: { isError, blocks: ['{"id":"a"}', 'remark'] }, requests });
  const judged = (expected, done) => judgeSteps([{ tool: 't', arguments: {}, ...expected }], done, { it: { id: 'a' } });
  assert.deepEqual(judged({ holds: ['"${it.id}"', 'remark'] }, [step(false, [patch])]), []);
  assert.deepEqual(judged({ refused: true }, [step(true)]), []);
  assert.deepEqual(judged({ fails: true }, [step(true, [patch])]), []);
  assert.match(judged({}, [step(true)])[0], /step 1, t: failed/);
  assert.match(judged({ fails: true }, [step(false)])[0], /was not refused/);
  assert.match(judged({ refused: true }, [step(false)])[0], /was not refused/);
  assert.match(judged({ refused: true }, [step(true, [patch])])[0], /was refused but sent/);
  assert.match(judged({ holds: ['b'] }, [step(false)])[0], /lacks "b"/);
  assert.match(judged({}, [])[0], /was not reached/);
});

test('the state afterwards and the answer are compared', async () => {
  const send = async () => ({ status: 200, body: [{ name: 'a' }, { name: 'b' }] });
  assert.deepEqual(await judgeState([{ request: 'GET /x', at: { '/*/name': ['a', 'b'], '/1/name': 'b' } }], send), []);
  assert.deepEqual(await judgeState([{ request: 'GET /x', at: { '/2/name': null } }], send), []);
  assert.equal((await judgeState([{ request: 'GET /x', status: 404 }], send)).length, 1);
  assert.equal((await judgeState([{ request: 'GET /x', at: { '/*/name': ['a'], '/0/name': 'b' } }], send)).length, 2);
  assert.deepEqual(judgeAnswer(['A', ['d', 'b']], 'abc'), []);
  assert.equal(judgeAnswer(['a', 'd', ['e', 'f']], 'abc').length, 2);
});

test('names in texts are replaced by values and times', () => {
  const kept = { list: [{ id: 7 }] };
  assert.deepEqual(fill({ a: ['${list.0.id}', 'n ${list.0.id}'] }, kept), { a: [7, 'n 7'] });
  const days = (Date.parse(fill('${now+2d}', {})) - Date.parse(fill('${now}', {}))) / 86_400_000;
  assert.ok(days > 1.9 && days < 2.1);
  assert.equal(fill('${now+1d}', { now: 0 }), '1970-01-02T00:00:00Z');
  assert.throws(() => fill('${nothing.id}', kept), /nothing was kept as `nothing.id`/);
  assert.deepEqual(values({ 'a/b': { c: null } }, '/a~1b/c'), [null]);
  assert.deepEqual(values({ a: 1 }, '/b/c'), []);
});

test('a wish names its values, and only these are known to who fulfils it', () => {
  const state = { now: 0, desk: { id: 'a' }, sales: { id: 'b' } };
  const task = { wish: 'Delete ${desk.id} at ${now+1d}.' };
  assert.deepEqual(wishOf(task, state), { wish: 'Delete a at 1970-01-02T00:00:00Z.', known: { now: 0, desk: { id: 'a' } } });
});

test('a judge that accepts nothing, the state before or a repeated wish is found', async () => {
  const send = async () => ({ status: 200, body: { name: 'old' } });
  const judge = { sent: [{ request: 'PATCH /x' }], after: [{ request: 'GET /x', at: { '/name': 'new' } }], answer: ['new'] };
  assert.deepEqual(await acceptsNothing({ wish: 'Rename it.', judge }, send), []);
  const unchanged = { ...judge, after: [{ request: 'GET /x', at: { '/name': 'old' } }] };
  assert.match((await acceptsNothing({ wish: 'w', judge: unchanged }, send))[0], /accepts the state before the task/);
  const parroted = { sent: [], answer: ['call'] };
  assert.match((await acceptsNothing({ wish: 'Show the last call.', judge: parroted }, send))[0], /accepts the wish as the answer/);
  const empty = { sent: [], answer: [''] };
  assert.match((await acceptsNothing({ wish: 'w', judge: empty }, send))[0], /accepts that nothing is done/);
});

test('a judge that accepts a forbidden, a missing or a repeated request is found', () => {
  const judge = { sent: [{ request: 'PATCH /assistant/a', times: 2 }], answer: ['a'] };
  assert.deepEqual(acceptsChanged(judge, [patch, patch]), []);
  const lax = { sent: [{ request: 'PATCH /assistant/a', times: 0 }, { request: 'DELETE /assistant/*' }], answer: ['a'] };
  assert.deepEqual(acceptsChanged(lax, [{ method: 'DELETE', path: '/assistant/b' }]), ['the judge accepts that this is not sent: PATCH /assistant/a']);
  const deletion = { sent: [{ request: 'DELETE /assistant/*' }], answer: ['a'] };
  assert.match(acceptsChanged(deletion, [])[0], /accepts the forbidden request DELETE/);
});
