// The formats of OpenAI's chat completions and of Anthropic's messages, as their servers see them.

/** The key that the servers accept. */
export const KEY = 'stand-in-key-1';

const isSchema = (schema) => schema?.type === 'object' && typeof schema.properties === 'object';

/** What is wrong if the calls of the last answer are not all answered, in their order. */
const unanswered = (asked, answered) => (
  JSON.stringify(asked) === JSON.stringify(answered) ? undefined : `calls ${asked} were answered with ${answered}`);

const openai = {
  problem({ authorization }, { model, messages, tools }) {
    if (authorization !== `Bearer ${KEY}`) return 'wrong key';
    if (typeof model !== 'string') return 'no model';
    if (!tools.every((tool) => tool.type === 'function' && isSchema(tool.function.parameters))) return 'wrong tools';
    if (messages[0].role !== 'system' || messages[1].role !== 'user') return 'wrong messages';
    const last = messages.findLastIndex(({ role }) => role === 'assistant');
    const asked = last < 0 ? [] : messages[last].tool_calls.map(({ id }) => id);
    return unanswered(asked, messages.slice(last + 1).filter(({ role }) => role === 'tool').map((it) => it.tool_call_id));
  },
  conversation: ({ messages, tools }) => ({
    wish: messages[1].content,
    results: messages.filter(({ role }) => role === 'tool').map(({ content }) => content),
    tools: tools.map((tool) => tool.function.name),
  }),
  answer({ text, calls = [] }, { messages }) {
    const call = ({ name, args, isMalformed }, index) => ({
      id: `call-${messages.length}-${index}`,
      type: 'function',
      function: { name, arguments: isMalformed ? '{"limit": ' : JSON.stringify(args) },
    });
    const message = text === undefined ? { content: null, tool_calls: calls.map(call) } : { content: [{ type: 'text', text }] };
    const reason = text === undefined ? 'tool_calls' : 'stop';
    return { choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: reason }] };
  },
};

const resultsOf = ({ role, content }) => (
  role === 'user' && Array.isArray(content) ? content.filter(({ type }) => type === 'tool_result') : []);

const anthropic = {
  problem(headers, { model, max_tokens: most, system, messages, tools }) {
    if (headers['x-api-key'] !== KEY || !headers['anthropic-version']) return 'wrong headers';
    if (typeof model !== 'string' || !(most > 0) || typeof system !== 'string') return 'wrong parameters';
    if (!tools.every((tool) => isSchema(tool.input_schema))) return 'wrong tools';
    if (messages.some(({ role }, index) => role !== (index % 2 === 0 ? 'user' : 'assistant'))) return 'wrong roles';
    const asked = messages.length < 2 ? [] : messages.at(-2).content.filter(({ type }) => type === 'tool_use');
    return unanswered(asked.map(({ id }) => id), resultsOf(messages.at(-1)).map((it) => it.tool_use_id));
  },
  conversation: ({ messages, tools }) => ({
    wish: messages[0].content,
    results: messages.flatMap(resultsOf).map(({ content }) => content),
    tools: tools.map(({ name }) => name),
  }),
  answer({ text, calls = [] }, { messages }) {
    const use = ({ name, args, isMalformed }, index) => (
      { type: 'tool_use', id: `use-${messages.length}-${index}`, name, input: isMalformed ? '{"limit": ' : args });
    const content = text === undefined ? [{ type: 'text', text: 'I will look.' }, ...calls.map(use)] : [{ type: 'text', text }];
    return { role: 'assistant', content, stop_reason: text === undefined ? 'tool_use' : 'end_turn' };
  },
};

/** The formats by path. */
export const FORMATS = { '/chat/completions': openai, '/v1/messages': anthropic };
