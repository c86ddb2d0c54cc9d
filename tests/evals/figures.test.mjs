// What tools and tasks cost a model.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { listFigures, sizeOf, sums, table, taskFigures, tooLarge } from '../../evals/figures.mjs';

test('texts are measured in bytes of UTF-8 and in tokens of o200k', () => {
  assert.deepEqual(sizeOf(['hello world', 'é']), { bytes: 13, tokens: 3 });
  assert.ok(sizeOf(['<|endoftext|>']).tokens > 1);
  assert.deepEqual(sizeOf([]), { bytes: 0, tokens: 0 });
});

test('a task costs its arguments and results', () => {
  const step = (blocks) => ({ arguments: { a: 1 }, result: { blocks } });
  const { bytes, tokens, ...rest } = taskFigures('t', 'core', [step(['one']), step(['two', 'more'])]);
  assert.deepEqual(rest, { task: 't', profile: 'core', calls: 2 });
  assert.equal(bytes, 2 * '{"a":1}'.length + 'onetwomore'.length);
  assert.ok(tokens >= 6);
});

test('a list of tools that is larger than its limit is found', () => {
  assert.deepEqual(tooLarge([listFigures('whole', [], 'short')]), []);
  assert.deepEqual(tooLarge([{ list: 'ten core tools', tokens: 1_000_000, bytes: 1_000_000 }]), []);
  assert.deepEqual(tooLarge([{ list: 'whole', tokens: 2_051, bytes: 8_600 }]), [
    'the list of tools `whole` has 2051 tokens, more than 2050',
  ]);
  assert.deepEqual(tooLarge([{ list: 'default', tokens: 4_500, bytes: 19_501 }]), [
    'the list of tools `default` has 19501 bytes, more than 19500',
  ]);
});

test('figures are added by profile and shown in columns', () => {
  const row = (task, profile) => ({ task, profile, calls: 2, bytes: 1_500, tokens: 400 });
  const rows = sums([row('a', 'core'), row('b', 'core'), row('a', 'whole')]);
  assert.deepEqual(rows[0], { task: '2 tasks', profile: 'core', calls: 4, bytes: 3_000, tokens: 800 });
  assert.equal(rows.length, 2);
  assert.equal(table(rows), [
    'task     profile  calls  bytes  tokens',
    '2 tasks  core         4  3,000     800',
    '1 tasks  whole        2  1,500     400',
  ].join('\n'));
});
