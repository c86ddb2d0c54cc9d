// The programs of one task: the sandbox as an HTTP API, the recording proxy, and the server as an
// MCP client starts it.

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { setTimeout as wait } from 'node:timers/promises';

import { KEY, server } from '../tests/interop/contract/server.mjs';
import { until, within } from '../tests/interop/within.mjs';
import { RecordingProxy } from './proxy.mjs';
import { fill, values } from './task.mjs';

/** The official client, which the tests in `tests/interop` install. */
async function official(name) {
  const { resolve } = createRequire(new URL('../tests/interop/', import.meta.url));
  try {
    return await import(resolve(`@modelcontextprotocol/sdk/client/${name}.js`));
  } catch (error) {
    throw new Error(`the official client is missing: run \`npm ci\` in tests/interop (${error.message})`);
  }
}

/** A form with a file. */
function form({ name, purpose, content }) {
  const data = new FormData();
  data.set('purpose', purpose);
  data.set('file', new Blob([content], { type: 'text/plain' }), name);
  return data;
}

export class Session {
  #sandbox;
  #address;
  #proxy;
  #client;

  /** Starts the programs. `flags` are those of the server. */
  static async start(flags) {
    const session = new Session();
    try {
      await session.#startSandbox();
      session.#proxy = await RecordingProxy.start(session.#address);
      await session.#startServer(flags);
    } catch (error) {
      await session.close();
      throw error;
    }
    return session;
  }

  async #startSandbox() {
    const { command, cwd } = server({ url: '' });
    const words = ['sandbox', '--listen', '127.0.0.1:0'];
    this.#sandbox = spawn(command, words, { cwd, env: {}, stdio: ['ignore', 'pipe', 'ignore'] });
    this.#sandbox.on('error', () => {});
    const announced = await within('the sandbox', this.#sandbox.stdout.setEncoding('utf8').take(1).toArray());
    this.#address = /http:\/\/[\d.:]+/.exec(announced[0] ?? '')?.[0];
    if (!this.#address) {
      throw new Error(`${command} has no command \`sandbox\`: build it with \`--features http\`, or set VAPI_MCP_BIN`);
    }
  }

  async #startServer(flags) {
    const [{ Client }, { StdioClientTransport }] = await Promise.all([official('index'), official('stdio')]);
    const options = { ...server(this.#proxy), args: flags, stderr: 'ignore' };
    this.#client = new Client({ name: 'vapi-mcp-evals', version: '1.0.0' });
    await within('the server', this.#client.connect(new StdioClientTransport(options)));
  }

  /** The requests of the server so far. */
  get requests() {
    return this.#proxy.requests;
  }

  /** The tools that the server exposes, as in `tools/list`. */
  async tools() {
    return (await this.#client.listTools()).tools;
  }

  /** What the server tells a model at the start. */
  get instructions() {
    return this.#client.getInstructions() ?? '';
  }

  /** Calls a tool. The result has `isError` and the texts of its `blocks`. */
  async call(name, args) {
    const { content, isError = false } = await this.#client.callTool({ name, arguments: args });
    return { isError, blocks: content.map(({ text }) => text) };
  }

  /** Sends a request to the sandbox past the proxy: `METHOD /path`. */
  async send(request, body) {
    const [method, path] = request.split(' ');
    const headers = { authorization: `Bearer ${KEY}` };
    const isForm = body instanceof FormData;
    if (!isForm) headers['content-type'] = 'application/json';
    const options = { method, headers, body: isForm ? body : body && JSON.stringify(body), redirect: 'manual' };
    const answer = await fetch(this.#address + path, options);
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.includes('json');
    return { status: answer.status, body: isJson && text ? JSON.parse(text) : text };
  }

  /**
   * Creates the state that a task starts from, and returns the objects that it names, with `now`.
   * A step with `times` is sent that often, each time with another `${index}`.
   */
  async prepare(state) {
    const kept = { now: Date.now() };
    for (const step of state) {
      for (let index = 1; index <= (step.times ?? 1); index += 1) {
        const { send, body, upload, as, until: pointer } = fill(step, { ...kept, index });
        const created = await this.#create(send, upload ? form(upload) : body);
        const shown = pointer ? await this.#await(`${send.split(' ')[1]}/${created.id}`, pointer) : created;
        if (as) kept[as] = shown;
      }
    }
    return kept;
  }

  async #create(request, body) {
    const answer = await this.send(request, body);
    if (answer.status >= 300) {
      throw new Error(`the state cannot be created: ${request} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    }
    return answer.body;
  }

  /** The object at this path, once it has a value at the pointer. */
  async #await(path, pointer) {
    let answer;
    await until(`${pointer} of ${path}`, async () => {
      answer = await this.send(`GET ${path}`);
      return values(answer.body, pointer).length > 0;
    }, () => wait(200));
    return answer.body;
  }

  async close() {
    await this.#client?.close();
    this.#proxy?.close();
    this.#sandbox?.kill();
  }
}
