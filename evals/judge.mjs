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
    const { refused = false, fails = refused, holds = [] } = fill(expectations(expected), kept);
    const title = `step ${index + 1}, ${expected.tool}`;
    const step = steps[index];
    if (!step) {
      failures.push(`${title}: was not reached`);
      return;
    }
    const text = step.result.blocks.join('\n');
    if (step.result.isError !== fails) {
      failures.push(`${title}: ${fails ? 'was not refused' : 'failed'}: ${short(text)}`);
    }
    if (refused && step.requests.some(changes)) failures.push(`${title}: was refused but sent a request`);
    for (const part of holds) {
      if (!text.includes(part)) failures.push(`${title}: the result lacks ${JSON.stringify(part)}: ${short(text)}`);
    }
  });
  return failures;
}

const expectations = ({ refused, fails, holds }) => ({ refused, fails, holds });

/**
 * What is wrong with the requests of the server. Every request that changes something must be
 * expected, and every expected one must have been sent, as often as stated (once by default).
 * Reads may be repeated.
 */
export function judgeRequests(expected, requests) {
  const failures = [];
  const counts = expected.map(() => 0);
  for (const request of requests) {
    const index = expected.findIndex((it, at) => matches(it, request) && counts[at] < (it.times ?? 1));
    if (index >= 0) counts[index] += 1;
    else if (changes(request)) {
      failures.push(`must not be sent: ${request.method} ${request.path} ${short(request.body)}`);
    }
  }
  expected.forEach(({ request, times = 1 }, index) => {
    if (counts[index] < times) {
      failures.push(`must be sent ${times} times, but was sent ${counts[index]} times as expected: ${request}`);
    }
  });
  return failures;
}

/** Requests that only compute, although they are no GET. */
const COMPUTES = /^POST (\/analytics|\/reporting\/insight\/preview|\/reporting\/insight\/[^/]+\/run)$/;

/** Whether a request, or an expected one, can change something. */
export function changes({ method, path, request = `${method} ${path.split('?')[0]}` }) {
  return !request.startsWith('GET ') && !COMPUTES.test(request);
}

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
      const actual = pointer.split('/').includes('*') ? found : found[0] ?? null;
      if (!isDeepStrictEqual(actual, value)) {
        failures.push(`${request} has ${short(actual)} at ${pointer} instead of ${short(value)}`);
      }
    }
  }
  return failures;
}

/** What is missing in the answer, regardless of case; a list is of alternatives. */
export function judgeAnswer(expected, answer) {
  const text = answer.toLowerCase();
  const missing = expected.map((part) => [part].flat())
    .filter((alternatives) => !alternatives.some((it) => text.includes(String(it).toLowerCase())));
  const written = (alternatives) => alternatives.map((it) => JSON.stringify(it)).join(' or ');
  return missing.map((alternatives) => `the answer lacks ${written(alternatives)}: ${short(answer)}`);
}

/** What is wrong with the outcome of a task, whoever made the tool calls. */
export async function judgeOutcome({ sent, after = [], answer }, requests, given, send) {
  return [...judgeRequests(sent, requests), ...(await judgeState(after, send)), ...judgeAnswer(answer, given)];
}
