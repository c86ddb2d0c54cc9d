// The fake upstream as a program, for tests in other languages. It prints its address, then
// takes commands, a line of JSON each, and answers each with a line. It ends with its input.

import { createInterface } from 'node:readline';
import { FakeUpstream } from './fake-upstream.mjs';

const upstream = await FakeUpstream.start();

const commands = {
  reset: () => upstream.reset(),
  answer: (answer) => {
    upstream.answer = answer;
  },
  together: (count) => {
    upstream.answer = upstream.together(count);
  },
  received: (count) => upstream.received(count),
  dropped: (index) => upstream.dropped(upstream.requests[index]),
};

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

say(upstream.url);
createInterface({ input: process.stdin })
  .on('line', async (line) => {
    const [[command, argument]] = Object.entries(JSON.parse(line));
    say((await commands[command](argument)) ?? null);
  })
  .on('close', () => process.exit());
