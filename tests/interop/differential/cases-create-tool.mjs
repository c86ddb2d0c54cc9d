// Arguments of create_tool.

import { fixtures } from '../fake-upstream.mjs';

const NEAR_MISS = 'a near miss of a key';
const CONFLICT = 'two values for one place';

const named = { name: 'next_ferry', description: 'Looks up the next ferry.' };
const parameters = {
  type: 'object',
  properties: { port: { type: 'string', description: 'Which port.', enum: ['north', 'south'] } },
  required: ['port'],
};
const server = { url: 'https://ferries.example.com/next', headers: { 'X-Port': 'north' } };
const body = { type: 'object', properties: { day: { type: 'string' } }, required: ['day'] };
const destination = { type: 'number', number: '+15550100144', description: 'The harbour.' };

const rows = [
  ['that calls a function', { ...named, type: 'function', function: { parameters, server } }],
  ['of a server without headers', { type: 'function', name: 'x', function: { parameters, server: { url: server.url } } }],
  ['of a function without a name', { type: 'function', function: { parameters, server } }],
  ['of a function with a name alone', { type: 'function', name: 'x' }],
  ['of a function without a server', { ...named, type: 'function', function: { parameters } }],
  ['with more about a function', { ...named, type: 'function', function: { parameters, server, strict: true } }],
  ['with more about a server', { type: 'function', function: { parameters, server: { ...server, timeoutSeconds: 5 } } }],
  ['with two names', { ...named, type: 'function', function: { name: 'y', parameters, server } }, { refused: [CONFLICT, 'function.name'] }],
  ['with parameters of any depth', { type: 'function', function: { parameters: { type: 'object', properties: { a: { type: 'array', items: { type: 'object', properties: { b: { type: 'number' } } } } } }, server } }],

  ['that sends a request', { ...named, type: 'apiRequest', apiRequest: { url: server.url } }],
  [
    'that sends a request with everything',
    {
      ...named,
      type: 'apiRequest',
      apiRequest: {
        url: server.url,
        method: 'GET',
        headers: { a: 'b' },
        body,
        backoffPlan: { type: 'exponential', maxRetries: 2, baseDelaySeconds: 3 },
        timeoutSeconds: 7,
      },
    },
  ],
  ['that sends a request with half a backoff plan', { type: 'apiRequest', apiRequest: { url: server.url, backoffPlan: { maxRetries: 2 } } }],
  ['that sends a request by another method', { type: 'apiRequest', apiRequest: { url: server.url, method: 'PUT' } }],
  ['with more about a request', { type: 'apiRequest', apiRequest: { url: server.url, variableExtractionPlan: { aliases: [] } } }],

  ['that transfers a call', { ...named, type: 'transferCall', transferCall: { destinations: [destination] } }],
  ['that transfers to nobody yet', { type: 'transferCall', transferCall: { destinations: [] } }],
  ['that transfers with an extension', { type: 'transferCall', transferCall: { destinations: [{ ...destination, extension: '12', callerId: '+15550100145' }] } }],
  ['with more about a destination', { type: 'transferCall', transferCall: { destinations: [{ ...destination, message: 'One moment.' }] } }],

  ['that sends texts', { ...named, type: 'sms', sms: { metadata: { from: '+15550100146' } } }],
  ['with more about texts', { type: 'sms', sms: { metadata: { from: '+15550100146', note: 'x' } } }],
  ['that sends texts from nowhere', { type: 'sms', sms: {} }],
  ['with the settings of another type', { type: 'sms', transferCall: { destinations: [destination] } }],
  ['of a type that the vendor does not know', { type: 'endCall' }],
  ['without a type', { ...named }],
  ['with an empty name', { type: 'sms', name: '', description: '' }],
  ['with a number for a name', { type: 'sms', name: 7 }],
  ['with a list for a request', { type: 'apiRequest', apiRequest: [] }],
  ['with a null function', { type: 'function', function: null }],
  ['with other properties of the API', { type: 'sms', messages: [{ type: 'request-start', content: 'Yes.' }] }],
  ['with an almost known key', { type: 'sms', descripton: 'x' }, { refused: [NEAR_MISS, 'descripton'] }],
  ['with a list for text settings', { type: 'function', sms: [] }],
  ['that Vapi refuses', { type: 'sms' }, { answer: fixtures.errors.list }],
];

export const createTool = rows.map(([says, args, more]) => ({ tool: 'create_tool', says, args, ...more }));
