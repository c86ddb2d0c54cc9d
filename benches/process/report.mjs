// The figures as Markdown, to be pasted.

import { arch, cpus, release, type } from 'node:os';

import { DELAY, IN_FLIGHT, median } from './measure.mjs';

/** What each row shows: words, key, digits after the point, and whether more is better. */
const ROWS = [
  ['start to answered `tools/list`, ms', 'sockets.start', 1],
  ['the same over pipes, ms', 'pipes.start', 1],
  ['tools', 'sockets.tools', 0],
  ['answer of `tools/list`, bytes', 'sockets.listing', 0],
  ['resident memory after it, MB', 'sockets.resident', 1],
  ['threads after it', 'sockets.threads', 0],
  ['threads after it, over pipes', 'pipes.threads', 0],
  ['first `get_assistant`, ms', 'sockets.first', 1],
  ['`get_assistant`, ms', 'sockets.call', 3],
  ['beyond the bare GET, ms', 'sockets.added', 3],
  ['`get_assistant` over pipes, ms', 'pipes.call', 3],
  ['beyond the bare GET over pipes, ms', 'pipes.added', 3],
  [`\`get_assistant\` when Vapi takes ${DELAY} ms, ms`, 'sockets.slow', 2],
  [`calls a second, ${IN_FLIGHT} in flight`, 'sockets.rate', 0, true],
  ['the same over pipes', 'pipes.rate', 0, true],
  ['threads after these calls', 'sockets.busyThreads', 0],
  ['peak memory after these calls, MB', 'sockets.peak', 1],
  ['`list_calls`, 100 calls in 4 MB, ms', 'sockets.list', 1],
  ['calls of it shown', 'sockets.shown', 0, true],
  ['peak memory that the first such list adds, MB', 'sockets.growth', 1],
  ['peak memory after several, MB', 'sockets.listPeak', 1],
];

export function report({ ours, vendor, straight, versions, runs, oneCore }) {
  const rows = ROWS.map(([words, key, digits, more]) => {
    const ratio = median(vendor[key]) / median(ours[key]);
    const better = more ? 1 / ratio : ratio;
    const figures = [ours, vendor].map((side) => spread(side[key], digits));
    return [words, ...figures, better.toFixed(better < 10 ? 1 : 0)];
  });
  const header = ['figure', `ours ${versions.ours}`, `vendor ${versions.vendor}`, 'ratio'];
  const table = [header, ['---', '---:', '---:', '---:'], ...rows];
  return [
    ...table.map((cells) => `| ${cells.join(' | ')} |`),
    '',
    `Median (least – most) of ${runs.starts} starts; of ${runs.loads} processes, each with ${runs.calls} calls one`,
    `by one and ${runs.many} of which ${IN_FLIGHT} are in flight; of ${runs.lists} that list ${runs.listings} times.`,
    "Ours and the vendor's took turns. A ratio above 1 is in our favour. Where it does not say pipes,",
    'they speak over the socket pairs that Node makes for its children. With no server between, the',
    `bare GET takes ${spread(straight.call, 3)} ms over a kept connection,`,
    `${spread(straight.slow, 2)} ms from the slow upstream, and that of the 4 MB`,
    `${spread(straight.list, 1)} ms; \`cat\` starts and echoes a line in ${spread(straight.start, 1)} ms.`,
    '',
    ...goals(ours, vendor, straight),
    '',
    machine(oneCore),
  ].join('\n');
}

function spread(values, digits) {
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)].map(
    (value) => value.toFixed(digits),
  );
  return least === most ? middle : `${middle} (${least} – ${most})`;
}

/** What we want to reach. It is said, and fails nothing: a machine can be busy. */
function goals(ours, vendor, straight) {
  const hundredth = median(vendor['sockets.start']) / 100;
  const call = 1.5 * median(straight.call) + 0.1;
  return [
    ["start, ms, a hundredth of the vendor's", 'sockets.start', hundredth, 1],
    ['the same over pipes', 'pipes.start', hundredth, 1],
    ['resident memory after `tools/list`, MB', 'sockets.resident', 8, 1],
    ['`get_assistant`, ms, 1.5 bare GETs and 0.1', 'sockets.call', call, 3],
    ['the same over pipes', 'pipes.call', call, 3],
  ].map(([words, key, limit, digits]) => {
    const value = median(ours[key]);
    const verdict = value <= limit ? 'met' : 'missed';
    return `- ${words}: ${value.toFixed(digits)}, at most ${limit.toFixed(digits)}: ${verdict}`;
  });
}

function machine(oneCore) {
  const [{ model }, ...others] = cpus();
  const cores = `${others.length + 1} cores${oneCore ? ', of which one was used' : ''}`;
  const [kernel] = release().split('-');
  const system = `${type()} ${kernel} ${arch()}`;
  const date = new Date().toISOString().slice(0, 10);
  return `${date}: ${model.trim()}, ${cores}, ${system}, Node ${process.versions.node}.`;
}
