// The closed list of differences between Vapi's own server and ours, and how often each was met.
// A difference that no rule here names fails its test, and so does a rule that is never met.

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

/** The arguments that the vendor passes on; it strips all others. */
const VENDOR_ARGUMENTS = {
  create_assistant: [
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
  ],
  create_call: [
    'assistantId',
    'phoneNumberId',
    'customer/number',
    'scheduledAt',
    'assistantOverrides/variableValues',
  ],
};

const NESTED = ['llm', 'voice', 'transcriber', 'customer', 'assistantOverrides'];

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
    ].map((name) => [name, 0]),
  );

  rows(tool, theirs, ours) {
    const limit = tool === 'list_calls' ? 20 : 100;
    return theirs === '10' && ours === String(limit) && this.#met(label.rows(limit));
  }

  /** Whether our value at this place of the body is the caller's own, which the vendor strips. */
  stripped(tool, args, path, ours) {
    const source = sources(tool, path).find(
      (place) =>
        !VENDOR_ARGUMENTS[tool]?.some((known) => `${place.join('/')}/`.startsWith(`${known}/`)) &&
        own(args, place) &&
        isDeepStrictEqual(at(args, place), ours),
    );
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
    this.#seen.set(name, this.#seen.get(name) + 1);
    return true;
  }
}

/** The arguments that may have filled this place of the body. */
function sources(tool, path) {
  const [first, ...rest] = path;
  if (tool === 'create_assistant' && first === 'model') return [['llm', ...rest], path];
  if (tool === 'create_call' && path.join('/') === 'schedulePlan/latestAt') return [['latestAt'], path];
  return [path];
}
