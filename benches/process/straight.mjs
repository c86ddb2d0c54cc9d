// The upstream, and the same requests made straight to it: what is left of a call's time when no
// server stands between.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';

const END = '\r\n\r\n';

export class Upstream {
  #child;
  #key;
  #socket;
  #parts = [];
  #missing;
  #whole;

  static async start(key) {
    const upstream = new Upstream();
    upstream.#key = key;
    // It ends by itself when this process is gone.
    upstream.#child = fork(fileURLToPath(new URL('./upstream.mjs', import.meta.url)), [key]);
    const [{ port }] = await once(upstream.#child, 'message');
    upstream.url = `http://127.0.0.1:${port}`;
    upstream.#socket = connect(port, '127.0.0.1').setNoDelay(true);
    upstream.#socket.on('data', (chunk) => upstream.#read(chunk));
    await once(upstream.#socket, 'connect');
    return upstream;
  }

  /** Sets how long every answer is held back, in ms; resolves with what was seen since the last time. */
  async turn(delay) {
    this.#child.send({ delay });
    const [seen] = await once(this.#child, 'message');
    return seen;
  }

  /** A GET over the one connection that is kept; resolves with the body's bytes. */
  get(path) {
    return new Promise((resolve) => {
      this.#whole = resolve;
      const headers = `host: upstream\r\nauthorization: Bearer ${this.#key}`;
      this.#socket.write(`GET ${path} HTTP/1.1\r\n${headers}${END}`);
    });
  }

  stop() {
    this.#socket.destroy();
    this.#child.disconnect();
  }

  /** The upstream sends the whole head in one piece. */
  #read(chunk) {
    if (this.#missing === undefined) {
      const start = chunk.indexOf(END) + END.length;
      const [, length] = /content-length: (\d+)/.exec(chunk.toString('latin1', 0, start));
      this.#missing = Number(length);
      chunk = chunk.subarray(start);
    }
    this.#parts.push(chunk);
    this.#missing -= chunk.length;
    if (this.#missing > 0) return;
    const body = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#missing = undefined;
    this.#whole(body);
  }
}
