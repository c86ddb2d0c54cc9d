// The figures as Markdown, to be pasted.

import { arch, cpus, release, type } from 'node:os';

import { DELAY, IN_FLIGHT, median } from './measure.mjs';

/** What each row shows: words, key, digits after the point, and whether more is better. */
const ROWS = [
  ['start to answered `tools/list`, ms', 'sockets.start', 1],
  ['the same over pipes, ms', 'pipes.start', 1],
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
  ['peak memory that the first such list adds, MB', 'sockets.growth', 1],
  ['peak memory after several, MB', 'sockets.listPeak', 1],
];

export function report({ ours, vendor, straight, versions, runs, oneCore }) {
  const number = (value, digits) => value.toFixed(digits);
  const spread = (values, digits) => {
    const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)].map(
      (value) => number(value, digits),
    );
    return least === most ? middle : `${middle} (${least} – ${most})`;
  };
  const rows = ROWS.filter(([, key]) => ours[key]).map(([words, key, digits, more]) => {
    const ratio = median(vendor[key]) / median(ours[key]);
    const better = more ? 1 / ratio : ratio;
    const cells = [words, spread(ours[key], digits), spread(vendor[key], digits)];
    return [...cells, better >= 10 ? number(better, 0) : number(better, 1)];
  });
  const header = ['figure', `ours ${versions.ours}`, `vendor ${versions.vendor}`, 'ratio'];
  return [
    ...[header, ['---', '---:', '---:', '---:'], ...rows].map((cells) => `| ${cells.join(' | ')} |`),
    '',
    `Median (least – most) of ${runs.starts} starts, ${runs.loads} loads of ${runs.calls} calls one by one and`,
    `${runs.many} at once, and ${runs.lists} processes that list ${runs.listings} times, ours and the vendor's in turn. A ratio above 1`,
    'is in our favour. Over socket pairs, as Node starts its children, where it does not say pipes.',
    `Without a server between: the bare GET over a kept connection ${spread(straight.call, 3)} ms,`,
    `of the slow upstream ${spread(straight.slow, 2)} ms, of the 4 MB list ${spread(straight.list, 1)} ms; \`cat\` starts and`,
    `echoes a line in ${spread(straight.start, 1)} ms.`,
    '',
    ...goals(ours, vendor, straight),
    '',
    machine(oneCore),
  ].join('\n');
}

/** What we want to reach. It is said, and fails nothing: a machine can be busy. */
function goals(ours, vendor, straight) {
  const verdict = (words, value, limit, digits) =>
    `- ${words}: ${value.toFixed(digits)}, at most ${limit.toFixed(digits)}: ${value <= limit ? 'met' : 'missed'}`;
  const at = (key) => median(ours[key]);
  const allowed = 1.5 * median(straight.call) + 0.1;
  return [
    verdict("start, ms, a hundredth of the vendor's", at('sockets.start'), median(vendor['sockets.start']) / 100, 1),
    verdict('resident memory after `tools/list`, MB', at('sockets.resident'), 8, 1),
    verdict('`get_assistant`, ms, 1.5 bare GETs and 0.1', at('sockets.call'), allowed, 3),
    verdict('the same over pipes', at('pipes.call'), allowed, 3),
  ];
}

function machine(oneCore) {
  const [{ model }, ...others] = cpus();
  const cores = `${others.length + 1} cores${oneCore ? ', of which one was used' : ''}`;
  const [kernel] = release().split('-');
  const date = new Date().toISOString().slice(0, 10);
  return `${date}: ${model.trim()}, ${cores}, ${type()} ${kernel} ${arch()}, Node ${process.versions.node}.`;
}
