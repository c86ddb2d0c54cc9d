// Arguments of create_assistant.

import { fixtures } from '../fake-upstream.mjs';

const TYPE = 'a wrong JSON type';
const NEAR_MISS = 'a near miss of a key';
const CONFLICT = 'two values for one place';

const openai = { provider: 'openai', model: 'gpt-4o' };
const everything = {
  instructions: 'Answer questions about ferries.',
  llm: { provider: 'google', model: 'gemini-2.0-flash' },
  toolIds: ['70010000-0000-4000-8000-000000000001', '70010000-0000-4000-8000-000000000002'],
  transcriber: { provider: 'deepgram', model: 'nova-2' },
  voice: { provider: 'cartesia', voiceId: 'invented-voice', model: 'sonic' },
  firstMessage: 'Harbour desk!',
  firstMessageMode: 'assistant-waits-for-user',
};

const rows = [
  ['with a name alone', {}],
  ['with everything that both know', everything],
  ['with an empty name', { name: '' }],
  ['with a long name', { name: 'x'.repeat(80) }],
  ['without a name', { name: undefined }],
  ['with a null name', { name: null }],
  ['with a number for a name', { name: 7 }],
  ['that Vapi refuses with a list', {}, { answer: fixtures.errors.list }],
  ['that Vapi refuses with a text', {}, { answer: fixtures.errors.string }],

  ['with empty instructions', { instructions: '' }],
  ['with blank instructions', { instructions: ' ' }],
  ['with null instructions', { instructions: null }],
  ['with instructions in every script', { instructions: 'Größe 東京 العربية 👩‍👩‍👧 "q" \\ \n\t\u2028\u0000\u007f' }],
  ['with template signs', { instructions: '{{name}} ${x} <b> %s' }],
  ['with long instructions', { instructions: 'Be kind. 🌊 '.repeat(15_000) }],
  ['with an empty first message', { firstMessage: '' }],
  ['with a null first message', { firstMessage: null }],
  ['with an empty mode', { firstMessageMode: '' }],
  ['with a mode of its own', { firstMessageMode: 'assistant-sings-first' }],

  ['with no tools', { toolIds: [] }],
  ['with an empty tool id', { toolIds: [''] }],
  ['with null for tools', { toolIds: null }],
  ['with one tool as a string', { toolIds: 'one' }],
  ['with a number among tools', { toolIds: ['one', 2] }],

  ['with a known model', { llm: { provider: 'openai', model: 'gpt-4o-mini' } }],
  ['with a model of tomorrow', { llm: { provider: 'anthropic', model: 'claude-of-2030' } }],
  ['with empty model names', { llm: { provider: '', model: '' } }],
  [
    'with more about the model',
    { llm: { ...openai, temperature: 0.25, maxTokens: '250', knowledgeBase: { id: 'k' } } },
  ],
  ['with tools inside the model', { llm: { ...openai, toolIds: ['one'] } }],
  ['with messages inside the model', { llm: { ...openai, messages: [{ role: 'system', content: 'Sing.' }] } }],
  ['with no messages inside the model', { llm: { ...openai, messages: [] } }],
  ['with instructions and no messages', { instructions: 'Sing.', llm: { ...openai, messages: [] } }],
  [
    'with instructions and other messages',
    { instructions: 'Sing.', llm: { ...openai, messages: [{ role: 'system', content: 'Hum.' }] } },
    { refused: [CONFLICT, 'model.messages'] },
  ],
  ['with two models', { llm: openai, model: { model: 'other' } }, { refused: [CONFLICT, 'model.model'] }],
  ['with a model as a JSON string', { llm: '{"provider":"anthropic","model":"claude-3-5-haiku-20241022"}' }],
  ['with more in a JSON string', { llm: ' {"provider":"openai","model":"gpt-4o","temperature":0.5,"name":"ü🌊"} ' }],
  ['with an empty object as a JSON string', { llm: '{}' }],
  ['with nulls in a JSON string', { llm: '{"provider":"openai","model":null}' }],
  ['with a string that is no JSON', { llm: 'gpt-4o' }],
  ['with an empty string for a model', { llm: '' }],
  ['with null in a JSON string', { llm: 'null' }],
  ['with a quoted name in a JSON string', { llm: '"gpt-4o"' }, { refused: [TYPE, 'llm'] }],
  ['with a list in a JSON string', { llm: '[]' }, { refused: [TYPE, 'llm'] }],
  ['with an integer for a model in a JSON string', { llm: '{"provider":"openai","model":4}' }],
  [
    'with a fraction for a model in a JSON string',
    { llm: '{"provider":"openai","model":4.1}' },
    { refused: [TYPE, 'llm'] },
  ],
  [
    'with a truth value for a model in a JSON string',
    { llm: '{"provider":"openai","model":true}' },
    { refused: [TYPE, 'llm'] },
  ],
  ['with half a model', { llm: { provider: 'openai' } }],
  ['with a null model', { llm: null }],
  ['with a list for a model', { llm: [] }],

  ['with a transcriber without a model', { transcriber: { provider: 'deepgram' } }],
  ['with an empty transcriber model', { transcriber: { provider: 'deepgram', model: '' } }],
  [
    'with more about the transcriber',
    { transcriber: { provider: 'deepgram', model: 'nova-2', language: 'de', keywords: [] } },
  ],
  ['with a null transcriber', { transcriber: null }],
  ['with a string for a transcriber', { transcriber: 'deepgram' }],
  ['with an empty voice model', { voice: { provider: 'vapi', voiceId: 'Elliot', model: '' } }],
  [
    'with more about the voice',
    { voice: { provider: '11labs', voiceId: 'sarah', speed: '1.1', chunkPlan: { enabled: false } } },
  ],
  ['with a voice of tomorrow', { voice: { provider: 'invented', voiceId: 'v' } }],
  ['with an empty voice', { voice: {} }],
  ['with a null voice', { voice: null }],

  [
    'with other properties of the API',
    { endCallMessage: 'Bye!', silenceTimeoutSeconds: 30, metadata: { a: [1, null, ''] } },
  ],
  ['with properties that nobody knows', { colour: 'red', 'größe 🌊': { deep: { er: [] } }, nothing: null }],
  ["with the API's own model", { model: { provider: 'anthropic', model: 'claude-3-5-haiku-20241022' } }],
  ["with a null for the API's own model", { model: null, instructions: 'Sing.' }],
  ['with an almost known key', { first_message: 'Hi' }, { refused: [NEAR_MISS, 'first_message'] }],
  ['with a key in another case', { Instructions: 'Hi' }, { refused: [NEAR_MISS, 'Instructions'] }],
  ['with a letter too few', { firstMesage: 'Hi' }, { refused: [NEAR_MISS, 'firstMesage'] }],
];

export const createAssistant = rows.map(([says, args, more]) => ({
  tool: 'create_assistant',
  says,
  args: { name: 'Harbour Desk', ...args },
  ...more,
}));
