// The stand-in for Vapi's API, a process of its own so that it shares no event loop with the
// driver. It speaks just enough HTTP over a plain socket: its own latency is what every call is
// measured against, so it must be short.

import { createServer } from 'node:net';

import { fixtures } from '../../tests/interop/fake-upstream.mjs';
import { calls } from './calls.mjs';

const END = '\r\n\r\n';
const [, , key] = process.argv;
const [before, after] = JSON.stringify({ ...fixtures.assistants[0], id: '?' }).split('"?"');
const list = Buffer.from(JSON.stringify(calls()));
const seen = { requests: 0, bytes: list.length };
let delay = 0;

function head(status, length) {
  return `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${length}${END}`;
}

const answerWith = (status, body) => head(status, Buffer.byteLength(body)) + body;
const wholeList = Buffer.concat([Buffer.from(head('200 OK', list.length)), list]);

function answer(request) {
  const [method, target] = request.slice(0, request.indexOf('\r\n')).split(' ');
  const [path] = target.split('?');
  if (!request.includes(key)) return answerWith('401 Unauthorized', '{"message":"no key"}');
  if (method === 'GET' && path === '/call') return wholeList;
  if (method === 'GET' && path.startsWith('/assistant/')) {
    // Every assistant exists; the answer names the one that was asked for.
    return answerWith('200 OK', `${before}"${path.slice('/assistant/'.length)}"${after}`);
  }
  return answerWith('404 Not Found', `{"message":"Cannot ${method} ${path}"}`);
}

function serve(socket) {
  socket.setNoDelay(true);
  socket.setEncoding('latin1');
  socket.on('error', () => socket.destroy());
  let read = '';
  socket.on('data', (chunk) => {
    read += chunk;
    // Requests without a body end where their headers do.
    for (let end = read.indexOf(END); end !== -1; end = read.indexOf(END)) {
      const request = read.slice(0, end);
      read = read.slice(end + END.length);
      seen.requests += 1;
      if (delay === 0) socket.write(answer(request));
      else setTimeout(() => socket.write(answer(request)), delay);
    }
  });
}

const server = createServer(serve).listen(0, '127.0.0.1', () => {
  process.send({ port: server.address().port });
});

// Every message sets the delay and asks for what was seen since the last one.
process.on('message', (message) => {
  delay = message.delay;
  process.send({ ...seen });
  seen.requests = 0;
});

// It never outlives the driver.
process.on('disconnect', () => process.exit());
