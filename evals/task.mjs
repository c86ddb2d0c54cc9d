// Tasks: reading, checking and filling in their data files.

import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('./tasks/', import.meta.url);

/** State that several tasks start from, by name. */
const SHARED = JSON.parse(readFileSync(new URL('./state.json', import.meta.url), 'utf8'));

/** The sets of tools that a trace can be written for: all tools, or a profile of `--tools`. */
export const PROFILES = ['default', 'core', 'whole'];

/** The flags of the server that select the tools of a profile. */
export const profileFlags = (profile) => (profile === 'default' ? [] : [`--tools=${profile}`]);

/** The keys of each part of a task; those with `!` are required. */
const KEYS = {
  task: ['wish!', 'note', 'flags', 'state', 'traces!', 'judge!'],
  state: ['send!', 'body', 'upload', 'as', 'until', 'times'],
  traces: PROFILES,
  step: ['tool!', 'arguments!', 'as', 'cursor', 'until', 'refused', 'fails', 'holds'],
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
  return { name, flags: [], ...task, state: (task.state ?? []).map(shared) };
}

/** A step of the state; a text names a shared one. */
function shared(step) {
  if (typeof step !== 'string') return step;
  if (!Object.hasOwn(SHARED, step)) throw new Error(`there is no shared state \`${step}\``);
  return { ...SHARED[step], as: step };
}

/** Throws if a key is missing or unknown, or if the task would judge nothing. */
export function check(task) {
  checkKeys('task', task);
  (task.state ?? []).map(shared).forEach((it) => checkKeys('state', it));
  checkKeys('traces', task.traces);
  const traces = Object.values(task.traces);
  if (traces.length === 0 || traces.some((trace) => trace.length === 0)) throw new Error('a trace is empty or missing');
  traces.flat().forEach((it) => checkKeys('step', it));
  checkKeys('judge', task.judge);
  for (const part of ['sent', 'after']) (task.judge[part] ?? []).forEach((it) => checkKeys(part, it));
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

/** The wish as a model reads it, and those objects of the state whose values it contains. */
export function wishOf(task, state) {
  const named = [...task.wish.matchAll(/\$\{(\w+)/g)].map(([, name]) => name);
  const known = Object.fromEntries(['now', ...named].filter((name) => name in state).map((name) => [name, state[name]]));
  return { wish: fill(task.wish, state), known };
}

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Replaces `${name.key}` in all strings by the value that was kept under the name, and `${now}`,
 * `${now+1d}` and `${now-2h}` by a time, which is relative to `kept.now` in milliseconds. A string
 * that is only `${name}` becomes the value itself.
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
  if (time) {
    const moment = new Date((kept.now ?? Date.now()) + Number(time[1] ?? 0) * (UNITS[time[2]] ?? 0));
    return moment.toISOString().replace(/\.\d+Z$/, 'Z');
  }
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
