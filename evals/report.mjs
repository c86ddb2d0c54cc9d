// What the runners print.

import { sums, table } from './figures.mjs';
import { names } from './task.mjs';
import { transcript } from './transcript.mjs';

/** The tasks of these names, or all. Ends the program if there is no such task. */
export function chosenTasks(chosen) {
  const all = names();
  const unknown = chosen.find((name) => !all.includes(name));
  if (unknown !== undefined) {
    console.error(`There is no task ${unknown}; there are ${all.join(', ')}.`);
    process.exit(2);
  }
  return chosen.length > 0 ? chosen : all;
}

/** Prints the result of a task; with `--json`, to standard error. */
export function report(done, flags) {
  const print = flags.json ? console.error : console.log;
  if (flags.transcript) print(transcript(done));
  print(`${done.failures.length === 0 ? 'ok   ' : 'FAIL '} ${done.name} (${done.profile})`);
  done.failures.forEach((failure) => print(`      ${failure}`));
}

/** Prints all figures, and sets the exit code. */
export function finish(all, lists, problems, flags) {
  const order = ({ name, profile }) => `${profile} ${name}`;
  const results = all.toSorted((one, other) => (order(one) < order(other) ? -1 : 1));
  const rows = results.map(({ figures }) => figures);
  const failed = results.filter(({ failures }) => failures.length > 0).length;
  if (flags.json) {
    const tasks = results.map(({ figures, failures }) => ({ ...figures, failures }));
    console.log(JSON.stringify({ lists, tasks, sums: sums(rows), problems }, null, 2));
  } else {
    const parts = [[...rows, ...sums(rows)], lists].filter((part) => part.length > 0);
    parts.forEach((part) => console.log(`\n${table(part)}`));
    problems.forEach((problem) => console.log(`FAIL  ${problem}`));
    console.log(`\n${results.length - failed} of ${results.length} traces passed`);
  }
  process.exitCode = failed + problems.length > 0 ? 1 : 0;
}
