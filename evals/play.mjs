// Plays a task by its scripted trace.

import { fill } from './task.mjs';

/**
 * Calls the tools of the trace in order. Each step of the result has the tool, its arguments, the
 * result, and the requests that the server sent meanwhile. `kept` also receives the results that
 * the trace names.
 */
export async function playTrace(task, session, kept) {
  const exposed = await session.tools();
  const missing = [...new Set(task.trace.map(({ tool }) => tool))].filter((tool) => !exposed.includes(tool));
  if (missing.length > 0) throw new Error(`the server has no tool ${missing.join(', ')}`);
  const steps = [];
  for (const step of task.trace) {
    const args = fill(step.arguments, kept);
    const before = session.requests.length;
    const result = await session.call(step.tool, args);
    steps.push({ tool: step.tool, arguments: args, result, requests: session.requests.slice(before) });
    if (step.as) {
      if (result.isError) break;
      kept[step.as] = JSON.parse(result.blocks[0]);
    }
  }
  return steps;
}
