// A stand-in for the APIs of OpenAI and Anthropic: a model that plays scripted traces.

import { createServer } from 'node:http';
import { once } from 'node:events';

import { keep } from '../../evals/play.mjs';
import { fill } from '../../evals/task.mjs';
import { FORMATS } from './formats.mjs';

/** Calls that a model may make by mistake, before those of the trace, in one turn. */
const mistakes = ([tool]) => [{ name: tool, isMalformed: true }, { name: 'no_such_tool', args: {} }];

/** Starts a stand-in. `turn` gets a conversation and returns `{ text }` or `{ calls }`, or writes to the response. */
export async function standIn(turn) {
  const requests = [];
  const server = createServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString());
    requests.push(body);
    const format = FORMATS[request.url];
    const problem = format ? format.problem(request.headers, body) : `unknown path ${request.url}`;
    if (problem) return respond(response, 400, { error: { message: problem } });
    const next = turn(format.conversation(body), requests.length, response);
    return next && respond(response, 200, format.answer(next, body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, requests, close };
}

export function respond(response, status, body, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

/**
 * A turn that is busy at first, then makes mistakes, then plays the trace that belongs to the wish,
 * two calls at once if the second does not depend on the first, and answers with the last result.
 */
export function scripted(traceOf) {
  return ({ wish, results, tools }, count, response) => {
    if (count === 1) return respond(response, 429, { error: { message: 'busy' } }, { 'retry-after': '1' });
    if (results.length === 0) return { calls: mistakes(tools) };
    const { trace, known } = traceOf(wish);
    const done = results.slice(mistakes(tools).length);
    done.forEach((text, index) => keep(trace[index], [text.split('\n')[0], text], known));
    const calls = [];
    for (const step of trace.slice(done.length, done.length + 2)) {
      const args = filled(step.arguments, known);
      if (args === undefined) break;
      calls.push({ name: step.tool, args });
    }
    return calls.length > 0 ? { calls } : { text: results.at(-1) };
  };
}

/** The arguments, unless they depend on a result that is not there yet. */
function filled(args, known) {
  try {
    return fill(args, known);
  } catch {
    return undefined;
  }
}
