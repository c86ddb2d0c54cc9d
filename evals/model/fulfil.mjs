// The conversation between a model and the tools of the server.

import { playCall } from '../play.mjs';

/** The maximum length of the final answer, in characters. */
const ANSWER = 100_000;

/**
 * Plays the tool calls of the model until it answers, and returns the answer. Adds each call to
 * `steps`. Fails when a limit is exceeded.
 */
export async function fulfil(chat, session, limits, steps) {
  const deadline = Date.now() + limits.milliseconds;
  for (;;) {
    const { text, calls } = await chat.next(deadline);
    if (calls.length === 0) {
      if (text.length > ANSWER) throw new Error(`the answer has more than ${ANSWER} characters`);
      return text;
    }
    const results = [];
    for (const call of calls) {
      if (steps.length >= limits.steps) throw new Error(`the model made more than ${limits.steps} tool calls`);
      if (Date.now() > deadline) throw new Error(`the task took longer than ${limits.milliseconds / 1_000} s`);
      const step = await played(session, call);
      steps.push(step);
      results.push({ id: call.id, text: step.result.blocks.join('\n'), isError: step.result.isError });
    }
    chat.add(results);
  }
}

/** The step of a tool call; a call that cannot be played is answered with what is wrong with it. */
async function played(session, { name, args, problem }) {
  try {
    if (problem) throw new Error(problem);
    return await playCall(session, name, args);
  } catch (error) {
    return { tool: name, arguments: args ?? {}, result: { isError: true, blocks: [error.message] }, requests: [] };
  }
}

/** What is wrong with arguments that are no object. */
export const NO_OBJECT = 'The arguments must be a JSON object. Nothing was sent.';

/** What a model is told before the wish. */
export const systemPrompt = (instructions) => `${instructions}

Fulfil the user's wish with the tools. The user cannot answer questions, so do what was asked and no more. When you
have finished, or if it cannot be done, say what you did or found out, with the names, numbers and values asked for.`;
