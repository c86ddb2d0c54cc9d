// A stand-in for Vapi's API: it keeps every request as it came over the wire, and answers with
// invented records in the shapes of the real API.

import { EventEmitter, once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

import { until } from './within.mjs';

export const fixtures = JSON.parse(readFileSync(new URL('./fixtures.json', import.meta.url), 'utf8'));

const RECORDS = {
  assistant: fixtures.assistants,
  call: fixtures.calls,
  'phone-number': fixtures.phoneNumbers,
  tool: fixtures.tools,
};

/** What the API would say: a list, one record under the id that was asked for, or a new record. */
function usual({ method, path }) {
  const [kind, id, ...more] = path.split('/').slice(1).map(decodeURIComponent);
  const records = RECORDS[kind];
  if (records && more.length === 0) {
    if (method === 'POST' && id === undefined) {
      return { status: 201, body: kind === 'call' ? fixtures.createdCall : records[0] };
    }
    if (method === 'GET' && id === undefined) return { body: records };
    if (method === 'GET' && id !== '') {
      return { body: { ...(records.find((record) => record.id === id) ?? records[0]), id } };
    }
  }
  return { status: 404, body: { message: `Cannot ${method} ${path}`, error: 'Not Found', statusCode: 404 } };
}

export class FakeUpstream {
  /** Every request since the last reset: method, path, query, headers, body, its text, dropped. */
  requests = [];
  /**
   * How to answer: `{ status, type, body }`, the word `stall` for never, or a function from a
   * request to one of these or to a promise of one.
   */
  answer = usual;
  #changes = new EventEmitter().setMaxListeners(0);
  #server = createServer((request, response) => this.#serve(request, response));

  static async start() {
    const upstream = new FakeUpstream();
    upstream.#server.listen(0, '127.0.0.1');
    await once(upstream.#server, 'listening');
    return upstream;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  reset() {
    this.requests = [];
    this.answer = usual;
  }

  /** The requests, once there are so many of them. */
  async received(count) {
    await this.#until(`${count} requests`, () => this.requests.length >= count);
    return this.requests;
  }

  /** Comes when the caller has hung up on a request before it was answered. */
  async dropped(request) {
    await this.#until('the end of the request', () => request.dropped);
  }

  /** An answer that is held back until so many requests are there; the last is answered first. */
  together(count) {
    let answered = 0;
    return async (request) => {
      const { requests } = this;
      const place = requests.length;
      await this.#until(`${count} requests`, () => requests.length >= count);
      await this.#until('the answers before this', () => answered === count - place);
      answered += 1;
      // After this answer is on its way, the next may go.
      setImmediate(() => this.#changes.emit('change'));
      return usual(request);
    };
  }

  async close() {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #until(what, condition) {
    await until(what, condition, () => once(this.#changes, 'change'));
  }

  async #serve(incoming, response) {
    const chunks = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const request = record(incoming, Buffer.concat(chunks).toString('utf8'));
    response.on('close', () => {
      request.dropped = !response.writableFinished;
      this.#changes.emit('change');
    });
    const { answer } = this;
    this.requests.push(request);
    this.#changes.emit('change');
    const { status = 200, type = 'application/json', body } = await decide(answer, request);
    if (body === undefined) return;
    response.writeHead(status, { 'content-type': type });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }
}

async function decide(answer, request) {
  const decided = typeof answer === 'function' ? await answer(request) : answer;
  return decided === 'stall' ? {} : decided;
}

function record({ method, url, headers }, text) {
  // Not the path of `new URL`, which would tidy `..` away.
  const [path, search] = url.split(/\?(.*)/s);
  const searchParams = new URLSearchParams(search);
  const query = {};
  for (const name of new Set(searchParams.keys())) {
    const values = searchParams.getAll(name);
    // A repeated parameter shows as a list, so that it is never taken for a single one.
    query[name] = values.length === 1 ? values[0] : values;
  }
  const json = headers['content-type']?.startsWith('application/json');
  const body = text === '' ? null : json ? JSON.parse(text) : text;
  return { method, path, query, headers, body, text, dropped: false };
}
