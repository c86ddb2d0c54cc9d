// Judges what a task led to. Every failure is a sentence.

import { isDeepStrictEqual } from 'node:util';

import { fill, values } from './task.mjs';

const short = (value) => {
  const text = typeof value === 'string' ? value : JSON.stringify(value) ?? 'nothing';
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
};

/** What is wrong with the steps of a scripted trace. */
export function judgeSteps(trace, steps, kept) {
  const failures = [];
  trace.forEach((expected, index) => {
    const { refused = false, holds = [] } = fill(expectations(expected), kept);
    const title = `step ${index + 1}, ${expected.tool}`;
    const step = steps[index];
    if (!step) {
      failures.push(`${title}: was not reached`);
      return;
    }
    const text = step.result.blocks.join('\n');
    if (step.result.isError !== refused) {
      failures.push(`${title}: ${refused ? 'was not refused' : 'failed'}: ${short(text)}`);
    }
    if (refused && step.requests.some(changes)) failures.push(`${title}: was refused but sent a request`);
    for (const part of holds) {
      if (!text.includes(part)) failures.push(`${title}: the result lacks ${JSON.stringify(part)}: ${short(text)}`);
    }
  });
  return failures;
}

const expectations = ({ refused, holds }) => ({ refused, holds });

/**
 * What is wrong with the requests of the server. Every request that is not a GET must be expected,
 * and every expected one must have been sent, as often as stated (once by default).
 */
export function judgeRequests(expected, requests) {
  const failures = [];
  const sent = requests.filter((request) => changes(request) || expected.some((it) => matches(it, request)));
  const counts = expected.map(() => 0);
  for (const request of sent) {
    const index = expected.findIndex((it, at) => matches(it, request) && counts[at] < (it.times ?? 1));
    if (index < 0) failures.push(`must not be sent: ${request.method} ${request.path} ${short(request.body)}`);
    else counts[index] += 1;
  }
  expected.forEach(({ request, times = 1 }, index) => {
    if (counts[index] < times) {
      failures.push(`must be sent ${times} times, but was sent ${counts[index]} times as expected: ${request}`);
    }
  });
  return failures;
}

const changes = ({ method }) => method !== 'GET';

function matches({ request, body, keys }, sent) {
  const [method, path] = request.split(' ');
  const segments = path.split('/');
  const given = sent.path.split('?')[0].split('/');
  return method === sent.method
    && segments.length === given.length
    && segments.every((segment, index) => segment === '*' || segment === given[index])
    && (body === undefined || contains(sent.body, body))
    && (keys === undefined || isDeepStrictEqual(Object.keys(sent.body ?? {}).sort(), [...keys].sort()));
}

/** Whether a value has all members of the expected one; lists must be equally long. */
function contains(value, expected) {
  if (expected === null || typeof expected !== 'object') return value === expected;
  if (value === null || typeof value !== 'object' || Array.isArray(value) !== Array.isArray(expected)) return false;
  if (Array.isArray(expected) && value.length !== expected.length) return false;
  return Object.keys(expected).every((key) => Object.hasOwn(value, key) && contains(value[key], expected[key]));
}

/** What is wrong with the state afterwards. `send` sends `METHOD /path` to the sandbox. */
export async function judgeState(expected, send) {
  const failures = [];
  for (const { request, status = 200, at = {} } of expected) {
    const answer = await send(request);
    if (answer.status !== status) failures.push(`${request} answers ${answer.status} instead of ${status}`);
    for (const [pointer, value] of Object.entries(at)) {
      const found = values(answer.body, pointer);
      const actual = pointer.split('/').includes('*') ? found : found[0];
      if (!isDeepStrictEqual(actual, value)) {
        failures.push(`${request} has ${short(actual)} at ${pointer} instead of ${short(value)}`);
      }
    }
  }
  return failures;
}

/** What is missing in the answer. */
export function judgeAnswer(expected, answer) {
  const missing = expected.filter((part) => !answer.includes(part));
  return missing.map((part) => `the answer lacks ${JSON.stringify(part)}: ${short(answer)}`);
}
