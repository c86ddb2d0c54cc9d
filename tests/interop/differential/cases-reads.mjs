// Calls that read: what is asked for, and what is shown of answers with and without this or that.

import { fixtures } from '../fake-upstream.mjs';

const { assistants, calls, phoneNumbers, tools, errors } = fixtures;

const LISTS = ['list_assistants', 'list_calls', 'list_phone_numbers', 'list_tools'];
const GETS = [
  ['get_assistant', 'assistantId', assistants],
  ['get_call', 'callId', calls],
  ['get_phone_number', 'phoneNumberId', phoneNumbers],
  ['get_tool', 'toolId', tools],
];

const ELSEWHERE = 'an id that leads elsewhere';
const NEAR_MISS = 'a near miss of a key';
const TYPE = 'a wrong JSON type';

const listCases = LISTS.flatMap((tool) => [
  { tool, says: 'without arguments', args: {} },
  { tool, says: 'with nulls', args: { limit: null, createdAfter: null, colour: null } },
  { tool, says: 'with keys that it does not have', args: { page: 2, colour: { deep: ['red'] } } },
  { tool, says: 'of an empty account', args: {}, answer: { body: [] } },
  { tool, says: 'with a number in words', args: { limit: 'five' }, refused: [TYPE, 'limit'] },
  { tool, says: 'with an almost known key', args: { created_after: '2027-01-01' }, refused: [NEAR_MISS, 'created_after'] },
  { tool, says: 'with a wrong key', args: {}, answer: errors.unauthorized },
]);

const getCases = GETS.flatMap(([tool, name, records]) => [
  ...records.map(({ id }, index) => ({ tool, says: `of record ${index + 1}`, args: { [name]: id } })),
  { tool, says: 'without an id', args: {} },
  { tool, says: 'with a null id', args: { [name]: null } },
  { tool, says: 'with a number for an id', args: { [name]: 12 } },
  { tool, says: 'with an empty id', args: { [name]: '' }, refused: [ELSEWHERE, name] },
  { tool, says: 'with an id of dots', args: { [name]: '..' }, refused: [ELSEWHERE, name] },
  { tool, says: 'with an id with a slash', args: { [name]: 'a/../b' }, refused: [ELSEWHERE, name] },
  { tool, says: 'with an id in any script', args: { [name]: 'Größe 港 🛳️' } },
  { tool, says: 'with an id full of signs', args: { [name]: "a?b#c%2Fd;e:f@g&h=i+j,k!l'm(n)*o~p$q{r}" } },
  { tool, says: 'with a long id', args: { [name]: 'x'.repeat(2_000) } },
  { tool, says: 'with extra keys', args: { [name]: 'one', colour: 'red', deep: { er: [1] } } },
  { tool, says: 'of what does not exist', args: { [name]: 'one' }, answer: errors.missing },
  { tool, says: 'of a record with nothing but an id', args: { [name]: 'one' }, answer: { body: { id: 'one' } } },
]);

const answerCases = [
  {
    tool: 'get_assistant',
    says: 'shows nulls as nulls',
    args: { assistantId: 'one' },
    answer: { body: { id: 'one', name: null, model: null, voice: null, transcriber: null, createdAt: null } },
  },
  {
    tool: 'get_assistant',
    says: 'shows empty parts as empty',
    args: { assistantId: 'one' },
    answer: { body: { id: 'one', name: '', model: { provider: '' }, voice: {}, transcriber: {} } },
  },
  {
    tool: 'get_call',
    says: 'shows a customer without a number',
    args: { callId: 'one' },
    answer: { body: { id: 'one', status: null, customer: { name: 'Ada' }, schedulePlan: {} } },
  },
  {
    tool: 'list_calls',
    says: 'shows rows without customer and time',
    args: {},
    answer: { body: [{ id: 'one', customer: null }, { id: 'two', customer: {}, endedReason: null }] },
  },
  {
    tool: 'get_tool',
    says: 'hides logins, queries and headers of its server',
    args: { toolId: 'one' },
    answer: {
      body: {
        ...tools[0],
        server: { url: 'https://ada:pass@tools.example.com/run?key=1', headers: { 'X-Key': 'k', 'X-Empty': '' } },
      },
    },
  },
  {
    tool: 'get_tool',
    says: 'shows parameters that are named like secrets',
    args: { toolId: 'one' },
    answer: {
      body: {
        ...tools[0],
        function: {
          name: 'log_in',
          parameters: {
            type: 'object',
            properties: {
              password: { type: 'string', description: 'As the caller says it.' },
              token: { type: 'string' },
              apiKey: { type: 'object', properties: { secret: { type: 'boolean' } } },
              headers: { type: 'object' },
            },
            required: ['password'],
          },
        },
      },
    },
  },
];

const filterCases = [
  {
    tool: 'list_calls',
    says: 'with empty filters',
    args: { assistantId: '', phoneNumberId: '' },
  },
];

export const reads = [...listCases, ...getCases, ...answerCases, ...filterCases];
