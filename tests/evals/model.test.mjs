// `evals/model.mjs` with a stand-in for the APIs of models.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { load } from '../../evals/task.mjs';
import { KEY } from './formats.mjs';
import { respond, scripted, standIn } from './stand-in.mjs';

const RUNNER = fileURLToPath(new URL('../../evals/model.mjs', import.meta.url));

/** No test waits so long unless something hangs; most of the time is waiting. */
const HANG = { timeout: 120_000, concurrency: 4 };

/** Runs the model runner. */
function start(words) {
  const options = { env: { ...process.env, STAND_IN_KEY: KEY }, timeout: 100_000 };
  return new Promise((resolve) => {
    execFile(process.execPath, [RUNNER, ...words], options, (error, stdout, stderr) => {
      resolve({ code: error ? error.code : 0, stdout, stderr });
    });
  });
}

/** Runs the model runner against a stand-in with this turn. */
async function run(api, turn, words) {
  const server = await standIn(turn);
  try {
    const flags = ['--api', api, '--url', `${server.url}/`, '--model', 'stand-in', '--key-env', 'STAND_IN_KEY', '--json'];
    const { code, stdout, stderr } = await start([...flags, ...words]);
    assert.ok(!stdout.includes(KEY) && !stderr.includes(KEY), 'the key is printed');
    return { code, stderr, requests: server.requests, report: stdout && JSON.parse(stdout) };
  } finally {
    server.close();
  }
}

/** The words that select these tasks. */
const select = (names) => names.flatMap((name) => ['--task', name]);

/** Finds the trace of one of these tasks by the beginning of its wish. */
const traces = (names, profile) => (wish) => {
  const tasks = names.map(load);
  const task = tasks.find((it) => wish.startsWith(it.wish.split('${')[0]));
  return { trace: task.traces[profile], known: { now: Date.parse(/\d{4}-\S+Z/.exec(wish)?.[0]) } };
};

describe('a model that plays the traces', HANG, () => {
  for (const [api, profile, names] of [
    ['openai', 'core', ['call-and-wait', 'paging', 'foreign-call']],
    ['anthropic', 'whole', ['change-provider', 'wrong-tool', 'paging']],
    ['openai', 'default', ['new-tool']],
  ]) {
    it(`passes over the API of ${api} with the tools of ${profile}`, async () => {
      const words = [...select(names), '--tools', profile];
      const { code, stderr, requests, report } = await run(api, scripted(traces(names, profile)), words);
      assert.equal(code, 0, stderr);
      assert.deepEqual(report.tasks.map(({ failures }) => failures), names.map(() => []));
      assert.deepEqual(
        report.tasks.map(({ task, profile: used, calls }) => [task, used, calls]),
        names.toSorted().map((name) => [name, profile, load(name).traces[profile].length + 2]),
      );
      assert.ok(report.tasks.every(({ bytes, tokens }) => tokens > 50 && bytes > tokens));
      assert.deepEqual(requests[0], requests[1], 'the request that was answered with 429 is sent again');
    });
  }

  it('is told what is wrong with a malformed call and with an unknown tool', async () => {
    const turn = scripted(traces(['list-squads'], 'whole'));
    const { requests } = await run('openai', turn, ['--task', 'list-squads', '--tools', 'whole']);
    const told = requests[2].messages.filter(({ role }) => role === 'tool').map(({ content }) => content);
    assert.match(told[0], /must be a JSON object/);
    assert.match(told[1], /no_such_tool/);
  });
});

describe('a model that does not fulfil the wish', HANG, () => {
  const task = ['--task', 'change-provider'];
  const failures = async (turn, words = []) => {
    const { code, report } = await run('anthropic', turn, [...task, ...words]);
    assert.equal(code, 1);
    return report.tasks[0].failures.join('\n');
  };

  it('fails if it only says that it has', async () => {
    assert.match(await failures(() => ({ text: 'Done: Anthropic.' })), /must be sent 1 times, but was sent 0 times/);
  });

  it('fails if it does something else', async () => {
    const call = { name: 'create_assistant', args: { name: 'Another desk' } };
    const turn = ({ results }) => (results.length === 0 ? { calls: [call] } : { text: 'Done: Anthropic.' });
    assert.match(await failures(turn), /must not be sent: POST \/assistant/);
  });

  it('is stopped after too many calls', async () => {
    const turn = () => ({ calls: [{ name: 'list_assistants', args: {} }] });
    assert.match(await failures(turn, ['--steps', '3']), /made more than 3 tool calls/);
  });

  it('is stopped when it does not answer in time', async () => {
    assert.match(await failures(() => undefined, ['--seconds', '1']), /did not answer in time/);
  });

  it('is stopped when it says too much', async () => {
    assert.match(await failures(() => ({ text: 'x'.repeat(200_000) })), /more than 100000 characters/);
    assert.match(await failures(() => ({ text: 'x'.repeat(9_000_000) })), /more than 8000000 bytes/);
  });

  it('fails with the words of an API that refuses the request', async () => {
    const turn = (_, count, response) => respond(response, 401, { error: { message: 'unknown key' } });
    assert.match(await failures(turn), /answered 401: .*unknown key/);
  });
});

it('a command without a model, or with an unknown API or flag, explains the usage', HANG, async () => {
  for (const words of [
    ['--model', 'm', '--api', 'other'],
    ['--api', 'openai'],
    ['--api', 'openai', '--model', 'm', '--tools', 'half'],
    ['--unknown', 'm'],
  ]) {
    const { code, stderr } = await start(words);
    assert.equal(code, 2);
    assert.match(stderr, /^Usage: node evals\/model\.mjs/m);
  }
});
