// What a client learns before it calls anything.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';

export const TEN_TOOLS = JSON.parse(
  readFileSync(new URL('../ten-tools.json', import.meta.url), 'utf8'),
);

/** The tools beyond the ten. */
export const EXTRA_TOOLS = [
  'wait_for_call',
  'summarize_calls',
  'update_assistant',
  'create_tool',
  'update_tool',
  'upload_file',
  'search_api',
  'describe_api',
  'read_api',
  'create_api',
  'update_api',
  'delete_api',
  'spend_api',
];

/** Those of them that only read. */
const READING = ['wait_for_call', 'summarize_calls', 'search_api', 'describe_api', 'read_api'];

export function listing(shared) {
  it('lists the ten tools and those beyond in the order of the table, and needs no upstream', async () => {
    const tools = await shared.session.list();
    assert.deepEqual(
      tools.map((tool) => tool.name),
      [...TEN_TOOLS.map((row) => row.tool), ...EXTRA_TOOLS],
    );
    assert.deepEqual(shared.upstream.requests, []);
  });

  it('gives every tool a title, a description, annotations and an object schema', async () => {
    const tools = await shared.session.list();
    for (const [index, tool] of tools.entries()) {
      assert.ok(tool.title, `${tool.name} has a title`);
      assert.ok(tool.description, `${tool.name} has a description`);
      assert.equal(tool.inputSchema.type, 'object', tool.name);
      assert.equal(typeof tool.inputSchema.properties, 'object', tool.name);
      // The protocol's default is that a tool does not only read.
      const readOnly = TEN_TOOLS[index]?.readOnly ?? READING.includes(tool.name);
      assert.equal(tool.annotations.readOnlyHint ?? false, readOnly, tool.name);
    }
    const dials = tools.find((tool) => tool.name === 'create_call');
    assert.equal(dials.annotations.destructiveHint, true);
  });
}
