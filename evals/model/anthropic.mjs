// A conversation over an API compatible with Anthropic's messages.

import { NO_OBJECT, systemPrompt } from './fulfil.mjs';
import { post } from './post.mjs';

/** The maximum length of an answer, in tokens. */
const TOKENS = 4_096;

export class Anthropic {
  static URL = 'https://api.anthropic.com';
  static KEY = 'ANTHROPIC_API_KEY';
  #endpoint;
  #system;
  #messages;
  #tools;

  constructor(endpoint, { instructions, tools, wish }) {
    this.#endpoint = endpoint;
    this.#system = systemPrompt(instructions);
    this.#messages = [{ role: 'user', content: wish }];
    this.#tools = tools.map(({ name, description, inputSchema }) => ({ name, description, input_schema: inputSchema }));
  }

  /** What the model says next: its text, and the tools that it calls. */
  async next(deadline) {
    const { url, model, key } = this.#endpoint;
    const headers = { 'anthropic-version': '2023-06-01', ...(key ? { 'x-api-key': key } : {}) };
    const body = { model, max_tokens: TOKENS, system: this.#system, messages: this.#messages, tools: this.#tools };
    const { content, stop_reason: reason } = await post(`${url}/v1/messages`, headers, body, deadline);
    if (!Array.isArray(content)) throw new Error('the API of the model answered without content');
    if (reason === 'max_tokens') throw new Error('the answer of the model was cut off');
    this.#messages.push({ role: 'assistant', content });
    const texts = content.filter(({ type }) => type === 'text').map(({ text }) => text);
    return { text: texts.join('\n'), calls: content.filter(({ type }) => type === 'tool_use').map(callOf) };
  }

  /** Adds the results of the tools that were called. */
  add(results) {
    const content = results.map(({ id, text, isError }) => (
      { type: 'tool_result', tool_use_id: id, content: text, is_error: isError }));
    this.#messages.push({ role: 'user', content });
  }
}

function callOf({ id, name, input }) {
  const isObject = input !== null && typeof input === 'object' && !Array.isArray(input);
  return isObject ? { id, name, args: input } : { id, name, problem: NO_OBJECT };
}
