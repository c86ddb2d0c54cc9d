// Compares what the two servers made of one call: the requests that they sent, and what they
// showed of the answer.

import assert from 'node:assert/strict';

import { isDeepStrictEqual } from 'node:util';

import { text } from '../contract/server.mjs';
import { at, differences, leaves } from './paths.mjs';

/** `theirs` and `ours` are `{ requests, result }`; `said` is the body of the upstream's answer. */
export function compare({ tool, args, refused, stored }, theirs, ours, said, allowed) {
  if (theirs.requests.length === 0) {
    assert.ok(theirs.result.isError || text(theirs.result).startsWith('Error:'), text(theirs.result));
    assert.ok(!refused, 'the vendor was expected to send this');
    allowed.vendorRefuses(ours.requests.length > 0);
    return;
  }
  if (refused || ours.requests.length === 0) {
    checkRefusal(refused, ours, allowed);
    return;
  }
  if (stored) {
    compareChanges(tool, args, stored, theirs.requests, ours.requests, allowed);
  } else {
    compareRequests(tool, args, theirs.requests, ours.requests, allowed);
  }
  compareResults(theirs.result, ours.result, said, allowed);
}

function checkRefusal(refused, ours, allowed) {
  assert.ok(refused, `ours refuses what the vendor sends: ${text(ours.result)}`);
  const [reason, name] = refused;
  assert.deepEqual(ours.requests, [], 'ours was expected to refuse this');
  assert.equal(ours.result.isError, true);
  assert.ok(text(ours.result).includes(name), text(ours.result));
  assert.ok(allowed.oursRefuses(reason), reason);
}

function compareRequests(tool, args, theirs, ours, allowed) {
  assert.equal(theirs.length, 1);
  assert.equal(ours.length, 1);
  const [their, our] = [theirs[0], ours[0]];
  assert.equal(our.method, their.method);
  // A path may leave some characters as they are; what the upstream reads is the same.
  assert.deepEqual(our.path.split('/').map(decodeURIComponent), their.path.split('/').map(decodeURIComponent));
  for (const { path, theirs, ours } of differences(their.query, our.query)) {
    const known = path.join() === 'limit' && allowed.rows(tool, theirs, ours);
    assert.ok(known, complaint('query', path, theirs, ours));
  }
  compareBodies(tool, args, their.body, our.body, (path, theirs, ours) => allowed.completed(path, theirs, ours), allowed);
}

/** The vendor sends what it was given; ours sends the stored top-level keys with it, if they change. */
function compareChanges(tool, args, stored, theirs, ours, allowed) {
  const their = theirs.at(-1);
  const reads = ours.filter(({ method }) => method === 'GET');
  const our = ours.length > reads.length ? ours.at(-1) : undefined;
  assert.equal(their.method, 'PATCH');
  assert.deepEqual(
    ours.map(({ method, path }) => [method, path]),
    [['GET', their.path], ...(our ? [['GET', their.path], ['PATCH', their.path]] : [])],
  );
  allowed.reads(theirs.length - 1, reads.length);
  const whole = merged(stored, withOtherMessages(stored, args, their.body));
  const body = our?.body ?? {};
  for (const key of Object.keys(body)) assert.notDeepEqual(body[key], stored[key], `${key} is sent unchanged`);
  const left = Object.keys(their.body).filter((key) => !(key in body));
  for (const { path, theirs, ours } of differences(pick(whole, left), pick(stored, left))) {
    assert.ok(allowed.defaulted(path, theirs, ours), complaint('unchanged', path, theirs, ours));
  }
  if (!our) allowed.unchanged();
  const expected = pick(whole, Object.keys(body));
  if (our && !isDeepStrictEqual(expected, pick(their.body, Object.keys(body)))) allowed.merged();
  const isKnown = (path, theirs, ours) =>
    allowed.defaulted(path, theirs, ours) || allowed.dropped(path, args, stored, ours);
  compareBodies(tool, args, expected, body, isKnown, allowed);
}

/** The messages of a change by `instructions`: the vendor's one message among those that are stored. */
function withOtherMessages(stored, args, body) {
  if (!args.instructions) return body;
  const [prompt] = body.model.messages;
  const others = (stored.model?.messages ?? []).filter(({ role }) => role !== 'system');
  return { ...body, model: { ...body.model, messages: [prompt, ...others] } };
}

function merged(stored, change) {
  if (!isObject(stored) || !isObject(change)) return change;
  const all = Object.entries(change).map(([key, value]) => [key, merged(stored[key], value)]);
  return { ...stored, ...Object.fromEntries(all) };
}

function isObject(value) {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function pick(object, keys) {
  return Object.fromEntries(keys.filter((key) => Object.hasOwn(object, key)).map((key) => [key, object[key]]));
}

function compareBodies(tool, args, theirs, ours, isKnown, allowed) {
  const given = typeof args.llm === 'string' ? { ...args, llm: JSON.parse(args.llm) } : args;
  for (const difference of differences(theirs, ours)) {
    const { path, theirs, ours } = difference;
    const known =
      allowed.trimmed(path, theirs, ours) ||
      allowed.spelled(theirs, ours) ||
      isKnown(path, theirs, ours) ||
      passedOn(path, theirs, ours);
    assert.ok(known, complaint('body', path, theirs, ours));
  }

  function passedOn(path, theirs, ours) {
    if (ours === undefined) return false;
    if (allowed.stripped(tool, given, path, ours)) return true;
    // What is new as a whole may come from several arguments.
    if (theirs !== undefined || ours === null || typeof ours !== 'object') return false;
    return Object.entries(ours).every(([key, inner]) => passedOn([...path, key], undefined, inner));
  }
}

function compareResults(theirs, ours, said, allowed) {
  if (theirs.isError || ours.isError || text(theirs).startsWith('Error:')) {
    assert.ok(allowed.error(theirs, ours), `${text(theirs)}\n${text(ours)}`);
    for (const words of [said.message].flat()) assert.ok(text(ours).includes(words), text(ours));
    return;
  }
  const their = JSON.parse(theirs.content[0].text);
  const our = JSON.parse(ours.content[0].text);
  assert.equal(Array.isArray(our), Array.isArray(their));
  if (Array.isArray(their)) assert.equal(our.length, their.length);
  for (const [path, value] of leaves(their)) {
    const shown = at(our, path);
    const raw = path.map((key) => (key === 'llm' ? 'model' : key));
    const known =
      [...differences(value, shown)].length === 0 ||
      allowed.secret(path, value, shown) ||
      allowed.filler(value, shown, at(said, raw));
    assert.ok(known, complaint('result', path, value, shown));
  }
}

function complaint(where, path, theirs, ours) {
  return `${where} /${path.join('/')}: the vendor has ${JSON.stringify(theirs)}, ours ${JSON.stringify(ours)}`;
}
