// The closed list of differences between Vapi's own server and ours, and how often each was met.
// A difference that no rule here names fails its test, and so does a rule that is never met.

import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';

import { at, own } from './paths.mjs';

/** What the vendor puts where the API said nothing. Ours leaves the place empty. */
const FILLERS = [
  '',
  {},
  [],
  'Vapi Assistant',
  'openai',
  'gpt-4o-mini',
  '11labs',
  'eleven_turbo_v2_5',
  'deepgram',
  'nova-3',
];

/** Why ours may refuse what the vendor sends. */
const REASONS = [
  'an id that leads elsewhere',
  'a malformed time',
  'a time without a zone',
  'a number that is not valid E.164',
  'a wrong JSON type',
  'a near miss of a key',
  'two values for one place',
  'a call that lacks who speaks or one of its two ends',
];

/** The arguments for one type of tool, with what the vendor sends of them. */
const TOOL_SETTINGS = {
  function: ['function/parameters', 'function/server/url', 'function/server/headers'],
  apiRequest: ['url', 'method', 'headers', 'body', 'backoffPlan', 'timeoutSeconds'].map((key) => `apiRequest/${key}`),
  transferCall: ['type', 'number', 'extension', 'callerId', 'description'].map((key) => `transferCall/destinations/*/${key}`),
  sms: ['sms/metadata/from'],
};

const ASSISTANT_ARGUMENTS = [
  'name',
  'instructions',
  'llm/provider',
  'llm/model',
  'toolIds',
  'transcriber/provider',
  'transcriber/model',
  'voice/provider',
  'voice/voiceId',
  'voice/model',
  'firstMessage',
  'firstMessageMode',
];

const TOOL_ARGUMENTS = ['type', 'name', 'description', ...Object.values(TOOL_SETTINGS).flat()];

/** The arguments that the vendor passes on; it strips all others. */
const VENDOR_ARGUMENTS = {
  create_assistant: ASSISTANT_ARGUMENTS,
  update_assistant: ASSISTANT_ARGUMENTS,
  create_tool: TOOL_ARGUMENTS,
  update_tool: TOOL_ARGUMENTS,
  create_call: [
    'assistantId',
    'phoneNumberId',
    'customer/number',
    'scheduledAt',
    'assistantOverrides/variableValues',
  ],
};

/** What the vendor puts where the caller said nothing about a request. */
const REQUEST_DEFAULTS = {
  method: 'POST',
  timeoutSeconds: 20,
  'backoffPlan/type': 'fixed',
  'backoffPlan/maxRetries': 3,
  'backoffPlan/baseDelaySeconds': 1,
};

const NESTED = ['llm', 'voice', 'transcriber', 'customer', 'assistantOverrides', ...Object.keys(TOOL_SETTINGS)];

const label = {
  rows: (limit) => `1 rows of a list: the vendor asks for 10, ours for ${limit}`,
  stripped: (place) => `2 the vendor strips what it does not know, ours passes it on: ${place}`,
  filler: (value) => `3 the vendor fills an absent value: ${JSON.stringify(value)}`,
  vendorRefuses: (ours) => `4 the vendor refuses before it sends; ours ${ours}`,
  oursRefuses: (reason) => `4 ours refuses what the vendor sends: ${reason}`,
  secret: (place) => `5 ours hides secrets: ${place}`,
  spelled: () => '8 an integer where Vapi wants a text: the vendor sends it, ours makes it one',
  trimmed: () => '7 spaces around an id: the vendor sends them, ours takes them off',
  error: () => '6 errors: the vendor calls them a success, ours an error',
  merged: () => '9 changes: the vendor overwrites top-level keys, ours merges instead of overwriting',
  reads: (theirs, ours) => `9 reads before a change: the vendor ${theirs}, ours ${ours}`,
  unchanged: () => '9 a change that changes nothing: the vendor sends it, ours does not',
  dropped: () => '9 another provider: ours drops what it does not have',
  defaulted: (place) => `10 the vendor resets what a change does not mention: ${place}`,
  completed: (place) => `10 the vendor fills a request: ${place}`,
  otherType: () => '11 settings of another type of tool: the vendor drops them, ours passes them on',
};

export class Differences {
  #seen = new Map(
    [
      label.rows(100),
      label.rows(20),
      ...[...NESTED, 'unknown top-level keys'].map(label.stripped),
      ...FILLERS.map(label.filler),
      label.vendorRefuses('sends'),
      label.vendorRefuses('refuses too'),
      ...REASONS.map(label.oursRefuses),
      label.secret('values of headers'),
      label.secret('login and query of a URL'),
      label.error(),
      label.trimmed(),
      label.spelled(),
      label.merged(),
      ...[[1, 2], [1, 1], [0, 2], [0, 1]].map(([theirs, ours]) => label.reads(theirs, ours)),
      label.unchanged(),
      label.dropped(),
      ...['method', 'timeoutSeconds'].map(label.defaulted),
      ...['backoffPlan/type', 'backoffPlan/baseDelaySeconds'].map(label.completed),
      label.otherType(),
    ].map((name) => [name, 0]),
  );

  rows(tool, theirs, ours) {
    const limit = tool === 'list_calls' ? 20 : 100;
    return theirs === '10' && ours === String(limit) && this.#met(label.rows(limit));
  }

  /** Whether our value at this place of the body is the caller's own, which the vendor strips. */
  stripped(tool, args, path, ours) {
    const given = sources(tool, path).filter((place) => own(args, place) && isDeepStrictEqual(at(args, place), ours));
    if (given.some(([first]) => otherType(args, first))) return this.#met(label.otherType());
    const source = given.find((place) => {
      const shape = `${place.map((key) => (/^\d+$/.test(key) ? '*' : key)).join('/')}/`;
      return !VENDOR_ARGUMENTS[tool]?.some((known) => shape.startsWith(`${known}/`));
    });
    if (!source) return false;
    const nested = source.length > 1 && NESTED.includes(source[0]);
    return this.#met(label.stripped(nested ? source[0] : 'unknown top-level keys'));
  }

  /** Whether the vendor made a value up where ours has none, or what the API itself said. */
  filler(theirs, ours, said) {
    const filler = FILLERS.find((value) => isDeepStrictEqual(value, theirs));
    const absent = said === undefined || said === null || said === '';
    const honest = ours === undefined ? absent : isDeepStrictEqual(ours, said);
    return filler !== undefined && honest && this.#met(label.filler(filler));
  }

  secret(path, theirs, ours) {
    if (typeof ours !== 'string' || !ours.includes('[redacted]')) return false;
    if (path.includes('headers')) return this.#met(label.secret('values of headers'));
    const sameHost = path.at(-1) === 'url' && new URL(theirs).host === new URL(ours).host;
    return sameHost && this.#met(label.secret('login and query of a URL'));
  }

  trimmed(path, theirs, ours) {
    const id = path.at(-1).endsWith('Id') && typeof theirs === 'string' && theirs !== ours;
    return id && theirs.trim() === ours && this.#met(label.trimmed());
  }

  spelled(theirs, ours) {
    return Number.isInteger(theirs) && ours === String(theirs) && this.#met(label.spelled());
  }

  merged() {
    return this.#met(label.merged());
  }

  reads(theirs, ours) {
    const name = label.reads(theirs, ours);
    return this.#met(name);
  }

  unchanged() {
    return this.#met(label.unchanged());
  }

  /** Whether a stored value is not sent because another provider does not have it. */
  dropped([first, ...rest], args, stored, ours) {
    const given = first === 'model' ? args.llm : args[first];
    const switched = given?.provider && stored[first] && given.provider !== stored[first].provider;
    return Boolean(switched) && rest.length > 0 && ours === undefined && this.#met(label.dropped());
  }

  /** Whether the vendor sends a default in a change, where ours keeps what is stored. */
  defaulted(path, theirs, ours) {
    const place = path.join('/');
    const met = REQUEST_DEFAULTS[place] === theirs && theirs !== undefined && theirs !== ours;
    return met && this.#met(label.defaulted(place));
  }

  /** Whether the vendor adds a default to a new tool. */
  completed(path, theirs, ours) {
    const place = path.join('/');
    const met = REQUEST_DEFAULTS[place] === theirs && theirs !== undefined && ours === undefined;
    return met && this.#met(label.completed(place));
  }

  vendorRefuses(weSend) {
    return this.#met(label.vendorRefuses(weSend ? 'sends' : 'refuses too'));
  }

  oursRefuses(reason) {
    return REASONS.includes(reason) && this.#met(label.oursRefuses(reason));
  }

  error(theirs, ours) {
    const met = !theirs.isError && theirs.content[0].text.startsWith('Error:') && ours.isError;
    return met && this.#met(label.error());
  }

  unseen() {
    return [...this.#seen].filter(([, count]) => count === 0).map(([name]) => name);
  }

  table() {
    return [...this.#seen].map(([name, count]) => `${String(count).padStart(5)}  ${name}`).join('\n');
  }

  #met(name) {
    assert.ok(this.#seen.has(name), `no rule allows: ${name}`);
    this.#seen.set(name, this.#seen.get(name) + 1);
    return true;
  }
}

/** The arguments that may have filled this place of the body. */
function sources(tool, path) {
  const [first, ...rest] = path;
  if (tool.endsWith('_assistant') && first === 'model') return [['llm', ...rest], path];
  if (tool.endsWith('_tool') && first === 'server') return [['function', ...path], path];
  if (tool.endsWith('_tool')) return [path, ...Object.keys(TOOL_SETTINGS).map((key) => [key, ...path])];
  if (tool === 'create_call' && path.join('/') === 'schedulePlan/latestAt') return [['latestAt'], path];
  return [path];
}

/** Whether an argument belongs to another type of tool than that of the call. */
function otherType(args, name) {
  return Object.hasOwn(TOOL_SETTINGS, name) && args.type !== undefined && args.type !== name;
}
