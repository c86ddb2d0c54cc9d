// Plays a task by a scripted trace.

import { setTimeout as wait } from 'node:timers/promises';

import { fill } from './task.mjs';

/**
 * Calls the tools of the trace in order. Each step of the result has the tool, its arguments, the
 * result, and the requests that the server sent meanwhile. Arguments can refer to `known` values
 * and to results that the trace names, which are added to it.
 */
export async function playTrace(trace, session, known) {
  const exposed = (await session.tools()).map(({ name }) => name);
  const missing = [...new Set(trace.map(({ tool }) => tool))].filter((tool) => !exposed.includes(tool));
  if (missing.length > 0) throw new Error(`the server has no tool ${missing.join(', ')}`);
  const steps = [];
  for (const step of trace) {
    let played = await playCall(session, step.tool, fill(step.arguments, known));
    for (let left = 40; left > 0 && step.until && !played.result.blocks[0].includes(step.until); left -= 1) {
      await wait(250);
      played = await playCall(session, step.tool, played.arguments);
    }
    steps.push(played);
    if ((step.as || step.cursor) && played.result.isError) break;
    keep(step, played.result.blocks, known);
  }
  return steps;
}

/** Adds what a step keeps of its result: the object, and the cursor of the next page. */
export function keep(step, blocks, known) {
  if (step.as) known[step.as] = JSON.parse(blocks[0]);
  if (step.cursor) known[step.cursor] = /cursor "([^"]+)"/.exec(blocks.join('\n'))?.[1];
}

/** Calls a tool, and returns the step. */
export async function playCall(session, tool, args) {
  const before = session.requests.length;
  const result = await session.call(tool, args);
  return { tool, arguments: args, result, requests: session.requests.slice(before) };
}
