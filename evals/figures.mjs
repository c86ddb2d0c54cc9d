// What tools and tasks cost a model: calls, bytes and tokens.

import { tokens } from './tokens.mjs';

/** The tools of Vapi's own server. */
const TEN = [
  'list_assistants', 'create_assistant', 'get_assistant', 'list_calls', 'create_call', 'get_call',
  'list_phone_numbers', 'get_phone_number', 'list_tools', 'get_tool',
];

/** Lists of tools, with the flag that selects them, and the maximum size of some. */
export const LISTS = [
  { name: 'default', flags: [], most: { tokens: 4_500, bytes: 19_500 } },
  { name: 'core', flags: ['--tools=core'] },
  { name: 'whole', flags: ['--tools=whole'], most: { tokens: 2_050, bytes: 8_600 } },
  { name: 'ten core tools', flags: [`--tools=${TEN.join(',')}`] },
];

/** The size of texts. */
export function sizeOf(texts) {
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  return { bytes, tokens: texts.reduce((sum, text) => sum + tokens(text), 0) };
}

/** The size of `tools/list` and of the instructions. */
export function listFigures(name, tools, instructions) {
  return { list: name, tools: tools.length, ...sizeOf([JSON.stringify({ tools }), instructions]) };
}

/** What is too large. */
export function tooLarge(figures) {
  return figures.flatMap((row) => {
    const { most } = LISTS.find(({ name }) => name === row.list);
    return Object.entries(most ?? {}).filter(([unit, limit]) => row[unit] > limit)
      .map(([unit, limit]) => `the list of tools \`${row.list}\` has ${row[unit]} ${unit}, more than ${limit}`);
  });
}

/** The number of tool calls of a task, and the size of their arguments and results. */
export function taskFigures(task, profile, steps) {
  const texts = steps.flatMap((step) => [JSON.stringify(step.arguments), ...step.result.blocks]);
  return { task, profile, calls: steps.length, ...sizeOf(texts) };
}

/** Rows as a table; all have the same keys. */
export function table(rows) {
  const heads = Object.keys(rows[0] ?? {});
  const lines = [heads, ...rows.map((row) => heads.map((key) => row[key].toLocaleString('en')))];
  const widths = heads.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const isText = heads.map((key) => typeof rows[0][key] === 'string');
  return lines.map((line) => line
    .map((cell, column) => (isText[column] ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
    .join('  ').trimEnd()).join('\n');
}

/** The sums of rows by profile. */
export function sums(rows) {
  const profiles = [...new Set(rows.map(({ profile }) => profile))];
  return profiles.map((profile) => {
    const own = rows.filter((row) => row.profile === profile);
    const sum = (key) => own.reduce((total, row) => total + row[key], 0);
    return { task: `${own.length} tasks`, profile, calls: sum('calls'), bytes: sum('bytes'), tokens: sum('tokens') };
  });
}
