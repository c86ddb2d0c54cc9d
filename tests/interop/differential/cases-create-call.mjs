// Arguments of create_call.

import { fixtures } from '../fake-upstream.mjs';

const TIME = 'a malformed time';
const ZONE = 'a time without a zone';
const NUMBER = 'a number that is not valid E.164';
const NEAR_MISS = 'a near miss of a key';
const CONFLICT = 'two values for one place';
const INCOMPLETE = 'a call that lacks who speaks or one of its two ends';

const number = '+15550100142';
const base = {
  assistantId: 'a5515700-0000-4000-8000-000000000001',
  phoneNumberId: '90e00000-0000-4000-8000-000000000001',
  customer: { number },
};
const variables = (variableValues) => ({ assistantOverrides: { variableValues } });

/** An object in an object, so many times. */
const nested = (depth) => (depth === 0 ? 'deep' : { in: nested(depth - 1) });

const rows = [
  ['without arguments', {}, { refused: [INCOMPLETE, 'assistantId'] }],
  ['at once', base],
  ['that Vapi refuses with a list', base, { answer: fixtures.errors.list }],
  ['that Vapi refuses with a text', base, { answer: fixtures.errors.string }],
  ['with an answer without a customer', base, { answer: { status: 201, body: { id: 'one', status: 'queued' } } }],

  ['with empty ids', { assistantId: '', phoneNumberId: '' }, { refused: [INCOMPLETE, 'assistantId'] }],
  ['with ids that no API has', { ...base, assistantId: ' a/../b ', phoneNumberId: 'ü' }],
  ['with an assistant alone', { assistantId: base.assistantId }],
  [
    'with a number to call from alone',
    { assistantId: base.assistantId, phoneNumberId: base.phoneNumberId },
    { refused: [INCOMPLETE, 'customer'] },
  ],
  [
    'with a destination alone',
    { assistantId: base.assistantId, customer: base.customer },
    { refused: [INCOMPLETE, 'phoneNumberId'] },
  ],
  ['with null ids', { ...base, assistantId: null }],
  ['with a number for an id', { ...base, phoneNumberId: 5 }],

  ['to an empty number', { ...base, customer: { number: '' } }, { refused: [NUMBER, 'customer.number'] }],
  [
    'to a number in national form',
    { ...base, customer: { number: '(555) 010-0142' } },
    { refused: [NUMBER, 'customer.number'] },
  ],
  ['to a number as a number', { ...base, customer: { number: 15550100142 } }],
  ['to nobody', { ...base, customer: {} }],
  ['to null', { ...base, customer: null }],
  ['to a number without its object', { ...base, customer: number }],
  [
    'with more about the customer',
    { ...base, customer: { number, name: 'Größe 🌊', externalId: '7', deep: { er: [] } } },
  ],

  ['later, in UTC', { ...base, scheduledAt: '2099-03-25T22:39:27.771Z' }],
  ['later, in another zone', { ...base, scheduledAt: '2099-03-26T00:39:27+02:00' }],
  ['later, in a zone without a colon', { ...base, scheduledAt: '2099-03-25T17:09:27-0530' }],
  ['later, in a zone of the west', { ...base, scheduledAt: '2099-03-25T10:39:27-12:00' }],
  [
    'later, without a zone',
    { ...base, scheduledAt: '2099-03-25T22:39:27' },
    { refused: [ZONE, 'scheduledAt'] },
  ],
  ['later, without seconds', { ...base, scheduledAt: '2099-03-25T22:39Z' }],
  ['later, with a space and small letters', { ...base, scheduledAt: '2099-03-25 22:39:27z' }],
  ['later, with many digits', { ...base, scheduledAt: '2099-03-25T22:39:27.123456789Z' }],
  ['on a day', { ...base, scheduledAt: '2099-03-25' }, { refused: [ZONE, 'scheduledAt'] }],
  ['later, in the short form of ISO 8601', { ...base, scheduledAt: '20990325T223927Z' }],
  ['later, with a decimal comma', { ...base, scheduledAt: '2099-03-25T22:39:27,771Z' }],
  [
    'at two times',
    { ...base, scheduledAt: '2099-03-25', schedulePlan: { earliestAt: '2099-03-26' } },
    { refused: [CONFLICT, 'schedulePlan.earliestAt'] },
  ],
  ['at an empty time', { ...base, scheduledAt: '' }],
  ['at a null time', { ...base, scheduledAt: null }],
  ['at a time as a number', { ...base, scheduledAt: 1806014367 }],
  ['tomorrow', { ...base, scheduledAt: 'tomorrow' }, { refused: [TIME, 'scheduledAt'] }],
  [
    'on a day that does not exist',
    { ...base, scheduledAt: '2027-02-30T10:00:00Z' },
    { refused: [TIME, 'scheduledAt'] },
  ],
  ['at seconds since 1970 as a string', { ...base, scheduledAt: '1806014367' }, { refused: [TIME, 'scheduledAt'] }],

  ['with no overrides', { ...base, assistantOverrides: {} }],
  ['with null overrides', { ...base, assistantOverrides: null }],
  ['with no variables', { ...base, ...variables({}) }],
  ['with null variables', { ...base, ...variables(null) }],
  ['with a list for variables', { ...base, ...variables([]) }],
  ['with overrides as a string', { ...base, assistantOverrides: '{"variableValues":{}}' }],
  [
    'with variables of every kind',
    { ...base, ...variables({ a: null, b: [], c: {}, d: '', e: 0, f: false, g: [null, [1, '2']] }) },
  ],
  ['with numbers as strings', { ...base, ...variables({ age: '24', zip: '00501', big: '12345678901234567890' }) }],
  [
    'with numbers',
    { ...base, ...variables({ sum: 0.1 + 0.2, large: 1e21, tiny: 5e-324, most: Number.MAX_VALUE, whole: 2 ** 53 }) },
  ],
  [
    'with numbers of many digits',
    { ...base, ...variables({ a: 123456789.12345679, b: 225.30126571655273, c: 0.9729743003845215 }) },
  ],
  [
    'with variables in every script',
    { ...base, ...variables({ 'ключ 🔑': 'значение', '': 'empty', 'a.b/c~d': '\u202eא', name: '👩‍👩‍👧' }) },
  ],
  ['with a long variable', { ...base, ...variables({ text: 'Ferry 🛳️ '.repeat(20_000) }) }],
  ['with deep variables', { ...base, ...variables(nested(60)) }],
  [
    'with other overrides',
    { ...base, assistantOverrides: { firstMessage: 'Hi', model: { provider: 'x' }, variableValues: { a: 1 } } },
  ],
  ['with overrides without variables', { ...base, assistantOverrides: { colour: { deep: ['red'] } } }],

  ['with other properties of the API', { ...base, metadata: { a: 1 }, name: 'Spring', squadId: 'one' }],
  ['with a latest time', { ...base, scheduledAt: '2099-03-25T22:00:00Z', latestAt: '2099-03-26T08:00:00Z' }],
  ['with a latest time alone', { ...base, latestAt: '2099-03-26T08:00:00Z' }],
  ["with the API's own plan", { ...base, schedulePlan: { earliestAt: '2099-03-25T22:00:00Z' } }],
  [
    'to several people',
    { phoneNumberId: 'p', assistantId: 'a', customers: [{ number }, { number: '+15550100143' }] },
  ],
  ['to no several people', { ...base, customers: [] }],
  ['with properties that nobody knows', { ...base, colour: 'red', nothing: null, none: '', 'größe 🌊': [{}] }],
  ['with an almost known key', { ...base, assistant_id: 'one' }, { refused: [NEAR_MISS, 'assistant_id'] }],
  ['with a key in another case', { ...base, ScheduledAt: '2099-03-25' }, { refused: [NEAR_MISS, 'ScheduledAt'] }],
  ['with a letter too few', { ...base, scheduleAt: '2099-03-25' }, { refused: [NEAR_MISS, 'scheduleAt'] }],
];

export const createCall = rows.map(([says, args, more]) => ({ tool: 'create_call', says, args, ...more }));
