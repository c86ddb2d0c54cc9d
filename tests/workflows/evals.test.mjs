// The judge of `evals/`: each thing that can be wrong is a failure. The data files have no unknown keys.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { judgeAnswer, judgeRequests, judgeState, judgeSteps } from '../../evals/judge.mjs';
import { check, fill, load, names, values } from '../../evals/task.mjs';

const patch = { method: 'PATCH', path: '/assistant/a', body: { voice: { speed: 1 }, name: 'x' } };

test('every task has a valid file', () => {
  assert.ok(names().length >= 15);
  names().forEach(load);
});

test('a task with an unknown, missing or empty key is refused', () => {
  const task = { wish: 'w', trace: [{ tool: 't', arguments: {} }], judge: { sent: [], answer: ['a'] } };
  check(task);
  for (const [wrong, reason] of [
    [{ ...task, wsh: '' }, /unknown key `wsh`/],
    [{ ...task, wish: undefined }, /`task` lacks `wish`/],
    [{ ...task, trace: [] }, /`trace` is empty/],
    [{ ...task, trace: [{ tool: 't', arguments: {}, hold: [] }] }, /unknown key `hold` in `trace`/],
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

test('a read is judged only if it is expected', () => {
  const read = { method: 'GET', path: '/call/a?x=1' };
  assert.deepEqual(judgeRequests([{ request: 'GET /call/a' }], [read]), []);
  assert.equal(judgeRequests([{ request: 'GET /call/b' }], [read]).length, 1);
});

test('a step that fails, is not refused, sends although refused or lacks a text is a failure', () => {
  const step = (isError, requests = []) => ({ result: { isError, blocks: ['{"id":"a"}', 'remark'] }, requests });
  const judged = (expected, done) => judgeSteps([{ tool: 't', arguments: {}, ...expected }], done, { it: { id: 'a' } });
  assert.deepEqual(judged({ holds: ['"${it.id}"', 'remark'] }, [step(false, [patch])]), []);
  assert.deepEqual(judged({ refused: true }, [step(true)]), []);
  assert.match(judged({}, [step(true)])[0], /step 1, t: failed/);
  assert.match(judged({ refused: true }, [step(false)])[0], /was not refused/);
  assert.match(judged({ refused: true }, [step(true, [patch])])[0], /was refused but sent/);
  assert.match(judged({ holds: ['b'] }, [step(false)])[0], /lacks "b"/);
  assert.match(judged({}, [])[0], /was not reached/);
});

test('the state afterwards and the answer are compared', async () => {
  const send = async () => ({ status: 200, body: [{ name: 'a' }, { name: 'b' }] });
  assert.deepEqual(await judgeState([{ request: 'GET /x', at: { '/*/name': ['a', 'b'], '/1/name': 'b' } }], send), []);
  assert.equal((await judgeState([{ request: 'GET /x', status: 404 }], send)).length, 1);
  assert.equal((await judgeState([{ request: 'GET /x', at: { '/*/name': ['a'], '/0/name': 'b' } }], send)).length, 2);
  assert.deepEqual(judgeAnswer(['a'], 'abc'), []);
  assert.equal(judgeAnswer(['a', 'd'], 'abc').length, 1);
});

test('names in texts are replaced by values and times', () => {
  const kept = { list: [{ id: 7 }] };
  assert.deepEqual(fill({ a: ['${list.0.id}', 'n ${list.0.id}'] }, kept), { a: [7, 'n 7'] });
  const days = (Date.parse(fill('${now+2d}', {})) - Date.parse(fill('${now}', {}))) / 86_400_000;
  assert.ok(days > 1.9 && days < 2.1);
  assert.throws(() => fill('${nothing.id}', kept), /nothing was kept as `nothing.id`/);
  assert.deepEqual(values({ 'a/b': { c: null } }, '/a~1b/c'), [null]);
  assert.deepEqual(values({ a: 1 }, '/b/c'), []);
});
