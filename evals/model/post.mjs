// Requests to the API of a model, with limits and retries.

import { setTimeout as wait } from 'node:timers/promises';

/** The maximum number of attempts, and the longest pause between them in milliseconds. */
const ATTEMPTS = 6;
const PAUSE = 60_000;

/** The maximum size of a response in bytes. */
const BYTES = 8_000_000;

/**
 * Posts JSON and returns the JSON of the response. Repeats the request while the API is busy or
 * fails, as `retry-after` says, until the deadline. Errors contain no header, and so no key.
 */
export async function post(url, headers, body, deadline) {
  for (let attempt = 1; ; attempt += 1) {
    const { status, pause, text } = await send(url, headers, body, deadline);
    if (status === 200) return parsed(text);
    const isTemporary = status === undefined || status === 408 || status === 429 || status >= 500;
    const delay = Math.min(pause ?? 500 * 2 ** attempt, PAUSE);
    if (!isTemporary || attempt === ATTEMPTS || Date.now() + delay > deadline) {
      throw new Error(`the API of the model ${status === undefined ? 'failed' : `answered ${status}`}: ${text.slice(0, 500)}`);
    }
    await wait(delay);
  }
}

async function send(url, headers, body, deadline) {
  const signal = AbortSignal.timeout(Math.max(deadline - Date.now(), 1));
  try {
    const options = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, redirect: 'manual' };
    const response = await fetch(url, { ...options, body: JSON.stringify(body), signal });
    return { status: response.status, pause: pauseOf(response.headers.get('retry-after')), text: await textOf(response) };
  } catch (error) {
    if (error instanceof TooLong) throw error;
    if (signal.aborted) throw new Error('the API of the model did not answer in time');
    return { text: error.cause?.message ?? error.message };
  }
}

class TooLong extends Error {}

async function textOf(response) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > BYTES) throw new TooLong(`the API of the model answered with more than ${BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** The pause that `retry-after` asks for, seconds or a date, in milliseconds. */
function pauseOf(value) {
  if (value === null) return undefined;
  const seconds = Number(value);
  const pause = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1_000;
  return Number.isNaN(pause) ? undefined : Math.max(pause, 0);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`the API of the model did not answer with JSON: ${text.slice(0, 500)}`);
  }
}
