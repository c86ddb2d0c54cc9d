// Counts tokens as the tokenizer o200k does.

import { createRequire } from 'node:module';

/** The number of tokens of a text. */
export const tokens = await counter();

async function counter() {
  const { resolve } = createRequire(new URL('../tests/interop/', import.meta.url));
  try {
    const { countTokens } = await import(resolve('gpt-tokenizer/encoding/o200k_base'));
    // Texts that look like special tokens are counted as text.
    return (text) => countTokens(text, { disallowedSpecial: new Set() });
  } catch (error) {
    throw new Error(`the tokenizer is missing: run \`npm ci\` in tests/interop (${error.message})`);
  }
}
