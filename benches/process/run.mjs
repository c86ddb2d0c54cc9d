// The whole process measured, ours beside Vapi's own server.
//
//     cargo build --release
//     tests/interop/run.sh          # once: installs Vapi's server
//     node benches/process/run.mjs [--quick] [--runs 20] [--one-core]
//
// VAPI_MCP_BIN names another server than the release build. Both take turns, so that they see the
// same machine. How fast anything is fails nothing; a wrong answer does. `--one-core` keeps all
// processes on one core: nothing then waits for another core to wake, which is most of what makes
// two runs differ, so that two builds of the server can be compared.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { bareStart, list, load, open, straight } from './measure.mjs';
import { report } from './report.mjs';
import { KEY, missing, sides } from './sides.mjs';
import { Upstream } from './straight.mjs';

const CHANNELS = ['sockets', 'pipes'];

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    'one-core': { type: 'boolean', default: false },
    runs: { type: 'string' },
  },
});
const starts = Number(options.runs ?? (options.quick ? 3 : 20));
// These take longer than a start.
const [loads, lists] = [Math.ceil(starts / 2), Math.ceil(starts / 4)];
const runs = options.quick
  ? { starts, loads, lists, calls: 100, slow: 10, many: 500, listings: 2 }
  : { starts, loads, lists, calls: 500, slow: 25, many: 3_000, listings: 5 };

const oneCore = options['one-core'];

const lacking =
  missing() ??
  (starts >= 1 ? undefined : '--runs takes a number from 1 on.') ??
  (oneCore && !keepToOneCore() ? '--one-core needs taskset (util-linux).' : undefined);
if (lacking) {
  console.error(lacking);
  process.exit(2);
}
// What `exit` ends, an interruption ends as well.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

const upstream = await Upstream.start(KEY);
const both = sides(upstream.url);
const all = { ours: {}, vendor: {}, straight: {}, versions: {}, runs, oneCore };

try {
  for (let run = 1; run <= runs.starts; run += 1) {
    say(`start ${run} of ${runs.starts}`);
    for (const channel of CHANNELS) await inTurn(channel, async (name, { figures }) => figures);
    keep(all.straight, { start: await bareStart('sockets') });
  }
  for (let run = 1; run <= runs.loads; run += 1) {
    say(`load ${run} of ${runs.loads}`);
    for (const channel of CHANNELS) {
      await inTurn(channel, async (name, { server }) => {
        // Just before, so that what it is compared with saw the same machine.
        const bare = await straight(upstream, runs);
        keep(all.straight, bare);
        const figures = await load(server, upstream, runs);
        return { ...figures, added: figures.call - bare.call };
      });
    }
  }
  for (let run = 1; run <= runs.lists; run += 1) {
    say(`list ${run} of ${runs.lists}`);
    await inTurn('sockets', (name, { server }) => list(server, both[name], runs.listings));
  }
  say('');
  console.log(report(all));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  upstream.stop();
}

/** A process of each server, opened, measured and ended. */
async function inTurn(channel, measure) {
  for (const name of Object.keys(both)) {
    try {
      const opened = await open(both[name], channel);
      all.versions[name] = opened.version;
      try {
        keep(all[name], await measure(name, opened), `${channel}.`);
      } finally {
        await opened.server.stop();
      }
    } catch (error) {
      throw new Error(`${name}: ${error.message}`, { cause: error });
    }
  }
}

function keep(figures, measured, prefix = '') {
  for (const [key, value] of Object.entries(measured)) (figures[prefix + key] ??= []).push(value);
}

/** How far it is, on a line that the next one replaces. */
function say(words) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${words}`);
}

/** Of this process; those that it starts inherit it. */
function keepToOneCore() {
  const [, core] = /^Cpus_allowed_list:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return spawnSync('taskset', ['-a', '-c', '-p', core, String(process.pid)]).status === 0;
}
