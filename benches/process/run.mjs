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

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    'one-core': { type: 'boolean', default: false },
    runs: { type: 'string' },
  },
});
const starts = Number(options.runs ?? (options.quick ? 3 : 20));
const few = Math.ceil(starts / 4);
const runs = options.quick
  ? { starts, loads: few, lists: few, calls: 100, slow: 10, many: 500, listings: 2 }
  : { starts, loads: few, lists: few, calls: 1_000, slow: 50, many: 5_000, listings: 7 };

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
const all = { ours: {}, vendor: {}, straight: {}, versions: {}, runs, oneCore };

try {
  for (let run = 0; run < runs.starts; run += 1) {
    await inTurn(['sockets', 'pipes'], `start ${run + 1} of ${runs.starts}`, async () => ({}));
    keep(all.straight, { start: await bareStart('sockets') });
  }
  for (let run = 0; run < runs.loads; run += 1) {
    const words = `load ${run + 1} of ${runs.loads}`;
    await inTurn(['sockets'], words, (server) => load(server, upstream, runs));
    await inTurn(['pipes'], words, (server) => load(server, upstream, { ...runs, slow: 0 }));
  }
  for (let run = 0; run < runs.lists; run += 1) {
    const words = `list ${run + 1} of ${runs.lists}`;
    await inTurn(['sockets'], words, (server, side) => list(server, side, runs.listings));
  }
  console.log(report(all));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  upstream.stop();
}

/** One process of each side for each channel, opened, measured and ended. */
async function inTurn(channels, words, measure) {
  if (process.stderr.isTTY) process.stderr.write(`${words}\r`);
  for (const channel of channels) {
    for (const [name, side] of Object.entries(sides(upstream.url))) {
      const bare = words.startsWith('load') ? await straight(upstream, runs) : {};
      keep(all.straight, bare);
      const { server, version, figures } = await open(side, channel).catch((error) => fail(name, error));
      try {
        all.versions[name] = version;
        const measured = await measure(server, side).catch((error) => fail(name, error));
        if (bare.call) measured.added = measured.call - bare.call;
        // The start counts where nothing else is measured, so that its runs are alike.
        const shown = words.startsWith('start') ? figures : measured;
        keep(all[name], shown, `${channel}.`);
      } finally {
        await server.stop();
      }
    }
  }
}

/** Of this process; those that it starts inherit it. */
function keepToOneCore() {
  const [, core] = /^Cpus_allowed_list:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return spawnSync('taskset', ['-a', '-c', '-p', core, String(process.pid)]).status === 0;
}

function keep(figures, measured, prefix = '') {
  for (const [key, value] of Object.entries(measured)) (figures[prefix + key] ??= []).push(value);
}

function fail(name, error) {
  throw new Error(`${name}: ${error.message}`, { cause: error });
}
