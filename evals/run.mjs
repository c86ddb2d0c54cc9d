// Plays the scripted traces of tasks against the server and the sandbox, and judges them.
//
//   node evals/run.mjs [--transcript] [--json] [NAME ...]

import { parseArgs } from 'node:util';

import { within } from '../tests/interop/within.mjs';
import { LISTS, listFigures, taskFigures, tooLarge } from './figures.mjs';
import { judgeOutcome, judgeSteps } from './judge.mjs';
import { playTrace } from './play.mjs';
import { chosenTasks, finish, report } from './report.mjs';
import { Session } from './session.mjs';
import { fill, load, profileFlags, wishOf } from './task.mjs';
import { acceptsChanged, acceptsNothing } from './vacuity.mjs';

/** The number of traces that run at the same time; most of their time is waiting. */
const CONCURRENT = 12;

/** The maximum duration of a trace, in milliseconds. */
const PATIENCE = 90_000;

/** Plays and judges a trace of a task: its steps, and what is wrong. */
async function run(task, profile) {
  const done = { name: task.name, profile, wish: task.wish, steps: [], failures: [] };
  let session;
  try {
    session = await Session.start([...profileFlags(profile), ...task.flags]);
    await within('the task', judged(done, task, session), PATIENCE);
  } catch (error) {
    done.failures.push(error.message);
  } finally {
    await session?.close();
  }
  return { ...done, figures: taskFigures(done.name, profile, done.steps) };
}

async function judged(done, task, session) {
  const trace = task.traces[done.profile];
  const state = await session.prepare(task.state);
  const { wish, known } = wishOf(task, state);
  const judge = fill(task.judge, state);
  const send = (request) => session.send(request);
  done.wish = wish;
  done.failures.push(...(await acceptsNothing({ wish, judge }, send)));
  done.steps = await playTrace(trace, session, known);
  const answer = done.steps.at(-1).result.blocks.join('\n');
  done.failures.push(
    ...judgeSteps(trace, done.steps, { ...state, ...known }),
    ...(await judgeOutcome(judge, session.requests, answer, send)),
    ...acceptsChanged(judge, session.requests),
  );
}

/** The sizes of the lists of tools. */
async function measureLists() {
  return Promise.all(LISTS.map(async ({ name, flags }) => {
    const session = await Session.start(flags);
    try {
      return listFigures(name, await session.tools(), session.instructions);
    } finally {
      await session.close();
    }
  }));
}

const { values: flags, positionals } = parseArgs({
  options: { transcript: { type: 'boolean' }, json: { type: 'boolean' } },
  allowPositionals: true,
});
const lists = await measureLists();
const waiting = chosenTasks(positionals).flatMap((name) => {
  const task = load(name);
  return Object.keys(task.traces).map((profile) => ({ task, profile }));
});
const all = [];
async function work() {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const done = await run(next.task, next.profile);
    all.push(done);
    report(done, flags);
  }
}
await Promise.all(Array.from({ length: CONCURRENT }, work));
finish(all, lists, tooLarge(lists), flags);
