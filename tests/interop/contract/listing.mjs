// What a client learns before it calls anything.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';

import { binary, emptyFolder } from './server.mjs';

export const TEN_TOOLS = JSON.parse(
  readFileSync(new URL('../ten-tools.json', import.meta.url), 'utf8'),
);

/** The definitions that the program itself prints, in the order of the table. */
export const TOOLS = JSON.parse(
  execFileSync(binary, ['tools', '--json'], { cwd: emptyFolder, env: {}, encoding: 'utf8' }),
);

export function listing(shared) {
  it('lists the ten tools and those beyond in the order of the table, and needs no upstream', async () => {
    const tools = await shared.session.list();
    const names = tools.map((tool) => tool.name);
    const ten = TEN_TOOLS.map((row) => row.tool);
    assert.deepEqual(names.slice(0, ten.length), ten);
    assert.deepEqual(names, TOOLS.map((tool) => tool.name));
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
      const printed = TOOLS[index].annotations.readOnlyHint ?? false;
      const readOnly = TEN_TOOLS[index]?.readOnly ?? printed;
      assert.equal(tool.annotations.readOnlyHint ?? false, readOnly, tool.name);
    }
    const dials = tools.find((tool) => tool.name === 'create_call');
    assert.equal(dials.annotations.destructiveHint, true);
  });
}
