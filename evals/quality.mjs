// Grades the server with mcp-quality: each list of tools must get an A for its contract, cost and security.
//
//   node evals/quality.mjs

import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { emptyFolder, server } from '../tests/interop/contract/server.mjs';
import { table } from './figures.mjs';
import { profileFlags, PROFILES } from './task.mjs';

const INTEROP = fileURLToPath(new URL('../tests/interop/', import.meta.url));

/** The name that tiktoken gives to the vocabulary of o200k in its cache. */
const CACHED = 'fb374d419588a4632f3f557e76b4b70aebbca790';

/** The maximum duration of a run, in milliseconds. */
const PATIENCE = 120_000;

/** Gives tiktoken the vocabulary, so that it does not fetch it. */
function vocabulary() {
  const cache = join(emptyFolder, 'tiktoken');
  mkdirSync(cache);
  copyFileSync(join(INTEROP, 'node_modules/gpt-tokenizer/data/o200k_base.tiktoken'), join(cache, CACHED));
  return cache;
}

/** The report of mcp-quality on these tools. */
async function grade(profile, cache) {
  const { command } = server({ url: '' });
  const target = [`'${command}'`, '--sandbox', ...profileFlags(profile)].join(' ');
  const options = { cwd: emptyFolder, env: { PATH: process.env.PATH, TIKTOKEN_CACHE_DIR: cache }, timeout: PATIENCE };
  const program = join(INTEROP, '.venv/bin/mcp-quality');
  const { stdout } = await promisify(execFile)(program, ['run', target, '--json', '--security'], options);
  return JSON.parse(stdout);
}

const cache = vocabulary();
const reports = await Promise.all(PROFILES.map((profile) => grade(profile, cache)));
const rows = reports.map(({ overall, families }, index) => ({
  tools: PROFILES[index],
  grade: overall.grade,
  score: overall.score,
  ...Object.fromEntries(['contract', 'cost', 'security'].map((name) => [name, families[name].score])),
  counter: families.cost.metrics.counter,
}));
console.log(table(rows));
reports.forEach(({ families }, index) => {
  for (const { severity, code, tool, message } of Object.values(families).flatMap(({ findings }) => findings)) {
    console.log(`${PROFILES[index]}: ${severity} ${code}: ${tool}: ${message}`);
  }
});
const isGood = rows.every(({ grade: letter, counter }) => letter === 'A' && counter === 'tiktoken:o200k_base');
if (!isGood) console.log('FAIL  each grade must be an A, with tokens counted as o200k');
process.exitCode = isGood ? 0 : 1;
