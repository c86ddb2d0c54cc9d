// Tasks: reading, checking and filling in their data files.

import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('./tasks/', import.meta.url);

/** The keys of each part of a task; those with `!` are required. */
const KEYS = {
  task: ['wish!', 'flags', 'state', 'trace!', 'judge!'],
  state: ['send!', 'body', 'as', 'until'],
  trace: ['tool!', 'arguments!', 'as', 'refused', 'holds'],
  judge: ['sent!', 'after', 'answer!'],
  sent: ['request!', 'body', 'keys', 'times'],
  after: ['request!', 'status', 'at'],
};

/** The names of all tasks, in alphabetical order. */
export function names() {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
  return files.map((file) => file.replace(/\.json$/, '')).sort();
}

/** Reads and checks a task. */
export function load(name) {
  const task = JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8'));
  check(task);
  return { name, ...task };
}

/** Throws if a key is missing or unknown, or if the task would judge nothing. */
export function check(task) {
  checkKeys('task', task);
  checkKeys('judge', task.judge);
  for (const part of ['state', 'trace']) (task[part] ?? []).forEach((it) => checkKeys(part, it));
  for (const part of ['sent', 'after']) (task.judge[part] ?? []).forEach((it) => checkKeys(part, it));
  if (task.trace.length === 0) throw new Error('`trace` is empty');
  if (task.judge.answer.length === 0) throw new Error('`judge.answer` is empty');
  for (const { at, status } of task.judge.after ?? []) {
    if (at === undefined && status === undefined) throw new Error('an entry of `judge.after` needs `at` or `status`');
  }
}

function checkKeys(part, value) {
  const known = KEYS[part].map((key) => key.replace('!', ''));
  const required = KEYS[part].filter((key) => key.endsWith('!')).map((key) => key.slice(0, -1));
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new Error(`unknown key \`${unknown}\` in \`${part}\`; it has ${known.join(', ')}`);
  const missing = required.find((key) => value[key] === undefined);
  if (missing !== undefined) throw new Error(`\`${part}\` lacks \`${missing}\``);
}

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Replaces `${name.key}` in all strings by the value that was kept under the name, and `${now}`,
 * `${now+1d}` and `${now-2h}` by a time. A string that is only `${name}` becomes the value itself.
 */
export function fill(value, kept) {
  if (Array.isArray(value)) return value.map((item) => fill(item, kept));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner, kept)]));
  }
  if (typeof value !== 'string') return value;
  const whole = /^\$\{([^}]+)\}$/.exec(value);
  if (whole) return lookUp(whole[1], kept);
  return value.replace(/\$\{([^}]+)\}/g, (_, name) => String(lookUp(name, kept)));
}

function lookUp(name, kept) {
  const time = /^now(?:([+-]\d+)([mhd]))?$/.exec(name);
  if (time) return new Date(Date.now() + Number(time[1] ?? 0) * (UNITS[time[2]] ?? 0)).toISOString();
  const value = name.split('.').reduce((outer, key) => outer?.[key], kept);
  if (value === undefined) throw new Error(`nothing was kept as \`${name}\``);
  return value;
}

/** The values at a JSON pointer, in which `*` matches every element or member. */
export function values(value, pointer) {
  return pointer.split('/').slice(1).reduce((found, segment) => found.flatMap((outer) => {
    if (outer === null || typeof outer !== 'object') return [];
    if (segment === '*') return Object.values(outer);
    const key = segment.replaceAll('~1', '/').replaceAll('~0', '~');
    return Object.hasOwn(outer, key) ? [outer[key]] : [];
  }), [value]);
}
