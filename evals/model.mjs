// Lets a model fulfil the wishes of tasks with the tools of the server, and judges the outcome.
//
//   node evals/model.mjs --api openai|anthropic --model NAME [--url URL] [--task NAME ...] [--tools core|whole]

import { parseArgs } from 'node:util';

import { taskFigures } from './figures.mjs';
import { judgeOutcome } from './judge.mjs';
import { Anthropic } from './model/anthropic.mjs';
import { fulfil } from './model/fulfil.mjs';
import { OpenAi } from './model/openai.mjs';
import { chosenTasks, finish, report } from './report.mjs';
import { Session } from './session.mjs';
import { PROFILES, fill, load, profileFlags, wishOf } from './task.mjs';

const APIS = { openai: OpenAi, anthropic: Anthropic };

const USAGE = `Usage: node evals/model.mjs --api openai|anthropic --model NAME [OPTIONS]

  --url URL         base URL of the API (default: that of the vendor)
  --key-env NAME    environment variable with the key (default: OPENAI_API_KEY or ANTHROPIC_API_KEY)
  --task NAME       only this task; may be repeated (default: all tasks)
  --tools PROFILE   profile of tools: default, core or whole (default: default, all tools)
  --steps N         maximum number of tool calls per task (default: 40)
  --seconds N       maximum duration of a task (default: 300)
  --transcript      print tool calls, requests, results and answers
  --json            print the figures as JSON`;

const OPTIONS = {
  api: { type: 'string', default: '' },
  model: { type: 'string', default: '' },
  url: { type: 'string' },
  'key-env': { type: 'string' },
  task: { type: 'string', multiple: true, default: [] },
  tools: { type: 'string', default: 'default' },
  steps: { type: 'string', default: '40' },
  seconds: { type: 'string', default: '300' },
  transcript: { type: 'boolean' },
  json: { type: 'boolean' },
};

/** The flags, or nothing if one is wrong. */
function parsed() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    console.error(error.message);
    return {};
  }
}

const flags = parsed();
const Api = APIS[flags.api];
const limits = { steps: Number(flags.steps), milliseconds: Number(flags.seconds) * 1_000 };
const isValid = Api && flags.model && PROFILES.includes(flags.tools) && limits.steps > 0 && limits.milliseconds > 0;
if (!isValid) {
  console.error(USAGE);
  process.exit(2);
}
const endpoint = {
  url: (flags.url ?? Api.URL).replace(/\/+$/, ''),
  model: flags.model,
  key: process.env[flags['key-env'] ?? Api.KEY],
};

/** Lets the model fulfil a task, and judges it. */
async function run(task) {
  const done = { name: task.name, profile: flags.tools, wish: task.wish, steps: [], failures: [] };
  let session;
  try {
    session = await Session.start([...profileFlags(flags.tools), ...task.flags]);
    const state = await session.prepare(task.state);
    done.wish = wishOf(task, state).wish;
    const { instructions } = session;
    const chat = new Api(endpoint, { instructions, tools: await session.tools(), wish: done.wish });
    done.answer = await fulfil(chat, session, limits, done.steps);
    const send = (request) => session.send(request);
    done.failures.push(...(await judgeOutcome(fill(task.judge, state), session.requests, done.answer, send)));
  } catch (error) {
    done.failures.push(error.message);
  } finally {
    await session?.close();
  }
  return { ...done, figures: taskFigures(task.name, flags.tools, done.steps) };
}

const all = [];
for (const name of chosenTasks(flags.task)) {
  const task = load(name);
  if (flags.tools === 'default' || task.traces[flags.tools]) {
    const done = await run(task);
    all.push(done);
    report(done, flags);
  } else {
    console.error(`${name} is left out: it cannot be done with the tools of the profile ${flags.tools}`);
  }
}
finish(all, [], [], flags);
