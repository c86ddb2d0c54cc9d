// Compares what the two servers made of one call: the requests that they sent, and what they
// showed of the answer.

import assert from 'node:assert/strict';

import { text } from '../contract/server.mjs';
import { at, differences, leaves } from './paths.mjs';

/** `theirs` and `ours` are `{ requests, result }`; `said` is the body of the upstream's answer. */
export function compare({ tool, args, refused }, theirs, ours, said, allowed) {
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
  compareRequests(tool, args, theirs.requests, ours.requests, allowed);
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
  const given = typeof args.llm === 'string' ? { ...args, llm: JSON.parse(args.llm) } : args;
  for (const { path, theirs, ours } of differences(their.body, our.body)) {
    const known =
      allowed.trimmed(path, theirs, ours) || allowed.spelled(theirs, ours) || passedOn(path, theirs, ours);
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
