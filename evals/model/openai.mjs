// A conversation over an API compatible with OpenAI's chat completions.

import { NO_OBJECT, systemPrompt } from './fulfil.mjs';
import { post } from './post.mjs';

export class OpenAi {
  static URL = 'https://api.openai.com/v1';
  static KEY = 'OPENAI_API_KEY';
  #endpoint;
  #messages;
  #tools;

  constructor(endpoint, { instructions, tools, wish }) {
    this.#endpoint = endpoint;
    this.#messages = [{ role: 'system', content: systemPrompt(instructions) }, { role: 'user', content: wish }];
    this.#tools = tools.map(({ name, description, inputSchema }) => (
      { type: 'function', function: { name, description, parameters: inputSchema } }));
  }

  /** What the model says next: its text, and the tools that it calls. */
  async next(deadline) {
    const { url, model, key } = this.#endpoint;
    const headers = key ? { authorization: `Bearer ${key}` } : {};
    const body = { model, messages: this.#messages, tools: this.#tools };
    const answer = await post(`${url}/chat/completions`, headers, body, deadline);
    const { message, finish_reason: reason } = answer.choices?.[0] ?? {};
    if (!message) throw new Error('the API of the model answered without a message');
    if (reason === 'length') throw new Error('the answer of the model was cut off');
    this.#messages.push(message);
    const parts = [message.content ?? ''].flat();
    return { text: parts.map((part) => part.text ?? part).join(''), calls: (message.tool_calls ?? []).map(callOf) };
  }

  /** Adds the results of the tools that were called. */
  add(results) {
    this.#messages.push(...results.map(({ id, text }) => ({ role: 'tool', tool_call_id: id, content: text })));
  }
}

function callOf({ id, function: { name, arguments: text } }) {
  try {
    const args = JSON.parse(text || '{}');
    const isObject = args !== null && typeof args === 'object' && !Array.isArray(args);
    return isObject ? { id, name, args } : { id, name, problem: NO_OBJECT };
  } catch (error) {
    return { id, name, problem: `${NO_OBJECT} ${error.message}` };
  }
}
