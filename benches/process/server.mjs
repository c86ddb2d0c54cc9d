// One server as a process: lines of JSON-RPC in and out without any client library, and what the
// kernel says about it.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Nothing here takes so long unless it hangs. */
const HANG = 60_000;

const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export class Server {
  #child;
  #input;
  #output;
  #partial = '';
  #complaints = '';
  #onLine;
  #onEnd;
  #ended;

  /**
   * Starts it with `sockets`, the socket pairs that Node makes for its children, or with `pipes`,
   * as Python and most others do. To the server they differ: Linux opens a pipe anew through
   * /proc, but no socket.
   */
  constructor({ command, args, env, cwd }, channel) {
    const pipes = channel === 'pipes' ? makePipes() : undefined;
    this.began = performance.now();
    const stdio = pipes ? [...pipes.theirs, 'pipe'] : 'pipe';
    const child = spawn(command, args, { env, cwd, stdio });
    pipes?.theirs.forEach((end) => closeSync(end));
    running.add(child);
    this.#child = child;
    this.#input = pipes?.input ?? child.stdin;
    this.#output = pipes?.output ?? child.stdout;
    child.on('error', (error) => {
      running.delete(child);
      this.#end(error.message);
    });
    child.on('exit', () => running.delete(child));
    // By then all that it complained of has been read.
    child.on('close', (code, signal) => this.#end(`it ended with ${signal ?? code}`));
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      this.#complaints = (this.#complaints + chunk).slice(-2_000);
    });
    // A process that has ended says so itself, and why.
    this.#input.on('error', () => {});
    this.#output.setEncoding('utf8').on('data', (chunk) => this.#read(chunk));
  }

  /** Sends one line that has no answer. */
  say(line) {
    this.#input.write(line);
  }

  /** Sends one line and resolves with the answer. */
  async ask(line) {
    const [answer] = await this.exchange([line], 1);
    return answer;
  }

  /** Sends the lines, at most `inFlight` unanswered, and resolves with the answers as they came. */
  exchange(lines, inFlight) {
    return new Promise((resolve, reject) => {
      const answers = [];
      let sent = 0;
      const timer = setTimeout(() => this.#end('it does not answer'), HANG);
      const settle = (finish, value) => {
        clearTimeout(timer);
        this.#onLine = undefined;
        this.#onEnd = undefined;
        finish(value);
      };
      this.#onEnd = (error) => settle(reject, error);
      this.#onLine = (line) => {
        answers.push(line);
        if (sent < lines.length) this.say(lines[sent++]);
        else if (answers.length === lines.length) settle(resolve, answers);
      };
      if (this.#ended) return this.#onEnd(this.#ended);
      while (sent < Math.min(inFlight, lines.length)) this.say(lines[sent++]);
    });
  }

  /** Resident memory and its highest point in MB, and the number of threads. */
  status() {
    const text = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    const number = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)[1]);
    return {
      resident: number('VmRSS') / 1024,
      peak: number('VmHWM') / 1024,
      threads: number('Threads'),
    };
  }

  async stop() {
    const child = this.#child;
    if (running.has(child)) {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    }
    for (const stream of [this.#input, this.#output, child.stderr]) stream.destroy();
  }

  #read(chunk) {
    const lines = (this.#partial + chunk).split('\n');
    this.#partial = lines.pop();
    for (const line of lines) this.#onLine?.(line);
  }

  #end(reason) {
    this.#ended ??= new Error([reason, this.#complaints.trim()].filter(Boolean).join('\n'));
    this.#onEnd?.(this.#ended);
  }
}

/** Two pipes, which have names for as long as it takes to open their ends. */
function makePipes() {
  const folder = mkdtempSync(join(tmpdir(), 'vapi-mcp-bench-'));
  try {
    const [input, output] = ['input', 'output'].map((name) => join(folder, name));
    if (spawnSync('mkfifo', [input, output]).status !== 0) throw new Error('mkfifo does not work');
    const { O_RDONLY, O_RDWR, O_WRONLY, O_NONBLOCK } = constants;
    // While both ends are held open, opening one does not wait for the other.
    const held = [input, output].map((name) => openSync(name, O_RDWR));
    const theirs = [openSync(input, O_RDONLY), openSync(output, O_WRONLY)];
    const end = (name, flag, options) =>
      new Socket({ fd: openSync(name, flag | O_NONBLOCK), readable: false, writable: false, ...options });
    const pipes = {
      theirs,
      input: end(input, O_WRONLY, { writable: true }),
      output: end(output, O_RDONLY, { readable: true }),
    };
    held.forEach((both) => closeSync(both));
    return pipes;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
