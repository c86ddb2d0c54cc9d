// Plays tasks against the server and the sandbox, and judges them.
//
//   node evals/run.mjs [--transcript] [NAME ...]

import { within } from '../tests/interop/within.mjs';
import { judgeAnswer, judgeRequests, judgeState, judgeSteps } from './judge.mjs';
import { playTrace } from './play.mjs';
import { Session } from './session.mjs';
import { fill, load, names } from './task.mjs';
import { transcript } from './transcript.mjs';

/** The number of tasks that run at the same time; most of their time is waiting. */
const CONCURRENT = 4;

/** The maximum duration of a task, in milliseconds. */
const PATIENCE = 90_000;

/** Plays and judges a task: its steps, and what is wrong. */
async function run(name) {
  const done = { name, steps: [], failures: [] };
  let session;
  try {
    done.task = load(name);
    session = await Session.start(done.task.flags ?? []);
    await within('the task', judged(done, session), PATIENCE);
  } catch (error) {
    done.failures.push(error.message);
  } finally {
    await session?.close();
  }
  return done;
}

async function judged(done, session) {
  const { task } = done;
  const state = await session.prepare(task.state ?? []);
  const kept = { ...state };
  done.steps = await playTrace(task, session, kept);
  const { sent, after = [], answer } = fill(task.judge, state);
  done.failures.push(
    ...judgeSteps(task.trace, done.steps, kept),
    ...judgeRequests(sent, session.requests),
    ...(await judgeState(after, (request) => session.send(request))),
    ...judgeAnswer(answer, done.steps.at(-1).result.blocks.join('\n')),
  );
}

const words = process.argv.slice(2);
const shows = words.includes('--transcript');
const chosen = words.filter((word) => word !== '--transcript');
const all = names();
const unknown = chosen.find((name) => !all.includes(name));
if (unknown !== undefined) {
  console.error(`There is no task ${unknown}; there are ${all.join(', ')}.`);
  process.exit(2);
}

const waiting = chosen.length > 0 ? chosen : all;
const count = waiting.length;
let failed = 0;
async function work() {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const done = await run(name);
    if (shows && done.task) console.log(transcript(done));
    console.log(done.failures.length === 0 ? `ok    ${name}` : `FAIL  ${name}`);
    done.failures.forEach((failure) => console.log(`      ${failure}`));
    failed += done.failures.length > 0 ? 1 : 0;
  }
}
await Promise.all(Array.from({ length: CONCURRENT }, work));
console.log(`${count - failed} of ${count} tasks passed`);
process.exitCode = failed > 0 ? 1 : 0;
