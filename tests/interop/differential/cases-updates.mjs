// Changes: the vendor overwrites whole top-level keys, ours merges into what is stored.

import { fixtures } from '../fake-upstream.mjs';

const CONFLICT = 'two values for one place';
const ELSEWHERE = 'an id that leads elsewhere';
const NEAR_MISS = 'a near miss of a key';

const [full, small] = fixtures.assistants;
const [func, request] = fixtures.tools;
const keeps = {
  ...full,
  model: {
    ...full.model,
    messages: [...full.model.messages, { role: 'user', content: 'Hello?' }],
    unknownKey: { kept: true },
  },
};
const parameters = { type: 'object', properties: { port: { type: 'string' } } };
const server = { url: 'https://ferries.example.com/other' };

const assistants = [
  ['without a change', full, {}],
  ['with another name', full, { name: 'Bell' }],
  ['with the name that it has', full, { name: full.name }],
  ['with an empty name', full, { name: '' }],
  ['with another prompt', keeps, { instructions: 'Be brief.' }],
  ['with the prompt that it has', keeps, { instructions: 'Answer questions about ferries.' }],
  ['with an empty prompt', keeps, { instructions: '' }],
  ['with a first prompt', small, { instructions: 'Be brief.' }],
  ['with other tools', keeps, { toolIds: ['70010000-0000-4000-8000-000000000002'] }],
  ['with no tools', keeps, { toolIds: [] }],
  ['with another model of the provider', keeps, { llm: { provider: 'openai', model: 'gpt-4o-mini' } }],
  ['with a model as a JSON string', keeps, { llm: '{"provider":"openai","model":"gpt-4o-mini"}' }],
  ['with a model of another provider', keeps, { llm: { provider: 'anthropic', model: 'claude-of-2030' } }],
  ['with more about the model', keeps, { llm: { provider: 'openai', model: 'gpt-4o', temperature: 0.9 } }],
  ['with half a model', keeps, { llm: { temperature: 0.9 } }],
  [
    'with model, prompt and tools at once',
    keeps,
    { llm: { provider: 'openai', model: 'gpt-4o-mini' }, instructions: 'Sing.', toolIds: ['one'] },
  ],
  ['with another voice', full, { voice: { provider: '11labs', voiceId: 'joseph' } }],
  ['with a voice of another provider', full, { voice: { provider: 'vapi', voiceId: 'Elliot' } }],
  ['with an empty voice model', full, { voice: { provider: '11labs', voiceId: 'joseph', model: '' } }],
  ['with more about the voice', full, { voice: { provider: '11labs', voiceId: 'joseph', stability: 0.4 } }],
  ['with half a voice', full, { voice: { speed: 1.1 } }],
  ['with another transcriber', full, { transcriber: { provider: 'deepgram', model: 'nova-3' } }],
  ['with a greeting and a mode', full, { firstMessage: 'Hi.', firstMessageMode: 'assistant-waits-for-user' }],
  ['with other properties of the API', full, { endCallMessage: 'Bye!' }],
  ['with nulls', full, { name: null, instructions: null, llm: null }],
  ['with an almost known key', full, { first_message: 'Hi' }, { refused: [NEAR_MISS, 'first_message'] }],
  [
    'with two prompts',
    full,
    { instructions: 'Sing.', llm: { provider: 'openai', model: 'gpt-4o', messages: [{ role: 'system', content: 'Hum.' }] } },
    { refused: [CONFLICT, 'model.messages'] },
  ],
];

const tools = [
  ['without a change', func, {}],
  ['with another description', func, { description: 'Finds the next ferry.' }],
  ['with the name that it has', func, { name: func.function.name }],
  ['with another name', func, { name: 'ferry' }],
  ['with another function', func, { function: { parameters, server } }],
  ['with a named function', func, { name: 'ferry', function: { parameters, server: { ...server, headers: { a: 'b' } } } }],
  ['with a server alone', func, { function: { server } }],
  ['with another request', request, { apiRequest: { url: 'https://tides.example.com/other', method: 'POST', timeoutSeconds: 9 } }],
  ['with another address of a request', request, { apiRequest: { url: 'https://tides.example.com/other' } }],
  ['with headers of a request', request, { apiRequest: { url: request.url, headers: { a: 'b' } } }],
  ['with destinations', { id: 'x', type: 'transferCall' }, { transferCall: { destinations: [{ type: 'number', number: '+15550100147' }] } }],
  ['with another sender', { id: 'x', type: 'sms', metadata: { from: '+15550100148' } }, { sms: { metadata: { from: '+15550100149' } } }],
  ['with other properties of the API', func, { async: true }],
  ['with an almost known key', func, { descripton: 'x' }, { refused: [NEAR_MISS, 'descripton'] }],
];

const ids = [
  ['without an id', undefined],
  ['with an empty id', '', { refused: [ELSEWHERE, 'toolId'] }],
  ['with a number for an id', 7],
].map(([says, toolId, more]) => ({ tool: 'update_tool', says, args: { toolId, name: 'x' }, ...more }));

const rows = (tool, key, cases) =>
  cases.map(([says, stored, args, more]) => ({ tool, says, stored, args: { [key]: stored.id, ...args }, ...more }));

export const updates = [
  ...rows('update_assistant', 'assistantId', assistants),
  ...rows('update_tool', 'toolId', tools),
  ...ids,
];
