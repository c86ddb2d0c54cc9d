// A newcomer with nothing but the program: an empty home, no key, no other program on the path.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

import { HANG, KEY, answer, server } from './contract/server.mjs';

const CLIENTS = ['claude-desktop', 'claude-code', 'cursor', 'windsurf', 'vscode', 'codex', 'gemini', 'zed'];

/** Files that people have, with comments and another server; on Linux, where CI runs. */
const THEIRS = {
  '.cursor/mcp.json': '{"mcpServers": {"other": {"command": "other", "args": [ "-x" ]}}}\n',
  '.config/zed/settings.json': '// Mine.\n{\n\t"theme": "One", // dark\n\t"context_servers": {\n\t\t/* kept */ "other": { "command": "other" },\n\t},\n}\n',
  '.codex/config.toml': '# Mine.\nmodel = "gpt"   # the large one\n\n[mcp_servers.other]\ncommand = "other" # kept\n',
};

describe('a newcomer with the program alone', HANG, () => {
  // An entry holds the path by which the system knows the program.
  const command = realpathSync(server({ url: '' }).command);
  let home;
  before(() => {
    home = mkdtempSync(join(tmpdir(), 'vapi-mcp-home-'));
  });
  after(() => rmSync(home, { recursive: true }));

  async function run(words, variables = {}) {
    const env = { HOME: home, USERPROFILE: home, PATH: '', ...variables };
    const { stdout, stderr } = await promisify(execFile)(command, words, { env, cwd: home });
    for (const said of [stdout, stderr]) assert.ok(!said.includes(KEY), said);
    assert.equal(stderr, '');
    return stdout;
  }

  function files() {
    const entries = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return entries.map((entry) => relative(home, join(entry.parentPath ?? entry.path, entry.name))).sort();
  }

  it('sees a call from beginning to end', async () => {
    const said = await run(['demo']);
    assert.match(said, /tools/);
    assert.match(said, /ended/);
    assert.match(said, /"command"/);
    assert.deepEqual(files(), []);
  });

  it('is set up for all eight clients, and leaves nothing behind', async () => {
    const written = await run(['setup', ...CLIENTS, '--yes'], { VAPI_TOKEN: KEY });
    assert.equal(written.match(/Written/g).length, 8, written);
    assert.equal(files().length, 8);
    for (const file of files()) assert.ok(!readFileSync(join(home, file), 'utf8').includes(KEY), file);
    const status = await run(['setup', 'status']);
    assert.equal(status.split(`local, ${command}`).length, 9, status);
    await run(['setup', 'remove', '--yes']);
    assert.deepEqual(files(), []);
  });

  it('keeps every byte of what others wrote', async () => {
    for (const [file, text] of Object.entries(THEIRS)) {
      mkdirSync(dirname(join(home, file)), { recursive: true });
      writeFileSync(join(home, file), text);
    }
    await run(['setup', ...CLIENTS, '--yes']);
    for (const file of Object.keys(THEIRS)) {
      const text = readFileSync(join(home, file), 'utf8');
      assert.ok(text.includes('other') && text.includes(command), text);
    }
    await run(['setup', 'remove', '--yes']);
    assert.deepEqual(files(), Object.keys(THEIRS).sort());
    for (const [file, text] of Object.entries(THEIRS)) assert.equal(readFileSync(join(home, file), 'utf8'), text);
  });

  it('has a client start what was written for it, and ring nobody', async () => {
    await run(['setup', 'cursor', '--sandbox', '--yes']);
    const { mcpServers } = JSON.parse(readFileSync(join(home, '.cursor/mcp.json'), 'utf8'));
    const { command, args } = mcpServers.vapi;
    const client = new Client({ name: 'interop', version: '1.0.0' });
    await client.connect(new StdioClientTransport({ command, args, env: {}, cwd: home }));
    try {
      const call = (name, given) => client.callTool({ name, arguments: given }).then(answer);
      const [assistant] = await call('list_assistants', {});
      const [number] = await call('list_phone_numbers', {});
      const references = { assistantId: assistant.id, phoneNumberId: number.id };
      const { id } = await call('create_call', { ...references, customer: { number: '+15550100123' } });
      const { status, transcript } = await call('wait_for_call', { callId: id });
      assert.equal(status, 'ended');
      assert.match(transcript, /^AI: /);
    } finally {
      await client.close();
    }
  });
});
