// A proxy in front of the sandbox that records every request of the server.

import { createServer, request as send } from 'node:http';
import { once } from 'node:events';

export class RecordingProxy {
  /** Each request: method, path with query, and body; JSON if it is JSON, otherwise text. */
  requests = [];
  #server;

  /** Starts a proxy for the API at this URL. */
  static async start(target) {
    const proxy = new RecordingProxy();
    proxy.#server = createServer((request, response) => proxy.#forward(target, request, response));
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  close() {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #forward(target, request, response) {
    const body = Buffer.concat(await request.toArray());
    this.requests.push({ method: request.method, path: request.url, body: parsed(body.toString()) });
    const { host, ...headers } = request.headers;
    const forwarded = send(new URL(request.url, target), { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.on('error', () => response.destroy()).pipe(response);
    });
    // The sandbox can lose an answer, as a network does.
    forwarded.on('error', () => response.destroy());
    forwarded.end(body);
  }
}

function parsed(text) {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
