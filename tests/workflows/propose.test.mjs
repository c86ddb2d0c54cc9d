// The morning workflow's `.ci/propose` over a real bare repository. `gh` is a stand-in that keeps one
// pull request in a file, and `cargo` one that prints which documents it was asked to compare.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const SCRIPTS = join(dirname(fileURLToPath(import.meta.url)), '../../.ci');
const BRANCH = 'update/vapi';
const REPORT = `# Vapi's API: \`2027-01-30\` to \`2027-01-31\`

10 changes: 2 **breaking for us**, 3 **worth a look**, 5 **harmless**.

## Rows: 10 valid, 1 broken
`;

const GH = `#!/usr/bin/env node
const fs = require('node:fs');
const [, , ...words] = process.argv;
const file = process.env.GH_STATE;
const state = JSON.parse(fs.readFileSync(file, 'utf8'));
const flag = (name) => words[words.indexOf(name) + 1];
state.log.push(words.join(' '));
switch (words.slice(0, 2).join(' ')) {
  case 'pr list': if (state.open) console.log(7); break;
  case 'pr view': console.log(state.comments.join('\\n')); break;
  case 'pr create':
    Object.assign(state, { open: true, title: flag('--title'), body: fs.readFileSync(flag('--body-file'), 'utf8'), labels: [flag('--label')] });
    break;
  case 'pr edit':
    if (words.includes('--title')) Object.assign(state, { title: flag('--title'), body: fs.readFileSync(flag('--body-file'), 'utf8') });
    if (words.includes('--add-label')) state.labels.push(flag('--add-label'));
    if (words.includes('--remove-label')) state.labels = state.labels.filter((label) => label !== flag('--remove-label'));
    break;
  case 'pr comment': state.comments.push(fs.readFileSync(flag('--body-file'), 'utf8')); break;
  case 'pr close': state.comments.push(flag('--comment')); state.open = false; break;
  case 'workflow run': state.runs += 1; break;
  case 'label create': break;
  default: console.error('unexpected: ' + words.join(' ')); process.exit(1);
}
fs.writeFileSync(file, JSON.stringify(state));
`;
const CARGO = `#!/usr/bin/env bash
[ "$1 $2" = "spec diff" ] || exit 2
echo "from $(cat "$3") to $(cat "$4")"
exit 1
`;

let folder;
const at = (...names) => join(folder, ...names);

function git(where, ...words) {
  return execFileSync('git', words, { cwd: at(where), encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

function commit(where, file, text) {
  writeFileSync(at(where, file), text);
  git(where, 'add', '--all');
  git(where, 'commit', '--quiet', '--message', `Change ${file}`);
}

const state = () => JSON.parse(readFileSync(at('state.json'), 'utf8'));

/** One morning: a fresh clone of main in which `document` was vendored. */
function morning(document, report = REPORT, variables = {}) {
  rmSync(at('clone'), { recursive: true, force: true });
  git('.', 'clone', '--quiet', at('origin.git'), 'clone');
  writeFileSync(at('clone/spec/vapi.json'), document);
  writeFileSync(at('report.md'), report);
  const env = { ...process.env, PATH: `${at('bin')}:${process.env.PATH}`, GH_STATE: at('state.json'), ...variables };
  return spawnSync('.ci/propose', [at('report.md')], { cwd: at('clone'), env, encoding: 'utf8', timeout: 60_000 });
}

function quiet(document, report) {
  const { status, stderr } = morning(document, report);
  assert.equal(status, 0, stderr);
}

const pushed = (file = 'spec/vapi.json') => git('origin.git', 'show', `${BRANCH}:${file}`);
const branches = () => git('origin.git', 'branch', '--format=%(refname:short)').split('\n').sort();

/** A maintainer corrects a row on the branch. */
function maintain() {
  git('.', 'clone', '--quiet', '--branch', BRANCH, at('origin.git'), 'theirs');
  for (const [key, value] of [['user.name', 'A Maintainer'], ['user.email', 'maintainer@example.com']]) git('theirs', 'config', key, value);
  commit('theirs', 'row.toml', 'corrected\n');
  git('theirs', 'push', '--quiet', 'origin', BRANCH);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vapi-mcp-propose-'));
  mkdirSync(at('bin'));
  for (const [name, text] of [['gh', GH], ['cargo', CARGO]]) {
    writeFileSync(at('bin', name), text);
    chmodSync(at('bin', name), 0o755);
  }
  writeFileSync(at('state.json'), JSON.stringify({ open: false, comments: [], labels: [], log: [], runs: 0 }));
  git('.', 'init', '--quiet', '--bare', '--initial-branch=main', 'origin.git');
  git('.', 'clone', '--quiet', at('origin.git'), 'main');
  for (const [key, value] of [['user.name', 'A Maintainer'], ['user.email', 'maintainer@example.com']]) git('main', 'config', key, value);
  git('main', 'switch', '--quiet', '--create', 'main');
  mkdirSync(at('main/spec'));
  cpSync(SCRIPTS, at('main/.ci'), { recursive: true });
  commit('main', 'spec/vapi.json', 'document 1');
  git('main', 'push', '--quiet', 'origin', 'main');
});
afterEach(() => rmSync(folder, { recursive: true }));

it('a new document becomes a request with its counts in the title and a label', () => {
  quiet('document 2');
  const { title, body, labels, runs } = state();
  assert.match(title, /^Follow Vapi's API of \d{4}-\d\d-\d\d: 1 broken rows, 2 breaking, 3 worth a look, 5 harmless$/);
  assert.equal(body, REPORT);
  assert.deepEqual(labels, ['api: breaking']);
  assert.equal(pushed(), 'document 2');
  assert.equal(runs, 1);
});

it('the label is that of the gravest change, and follows it', () => {
  quiet('document 2', '4 changes: 0 **breaking for us**, 1 **worth a look**, 3 **harmless**.\n');
  assert.deepEqual(state().labels, ['api: worth a look']);
  quiet('document 3', '3 changes: 0 **breaking for us**, 0 **worth a look**, 3 **harmless**.\n');
  assert.deepEqual(state().labels, ['api: harmless']);
  assert.match(state().title, /: 0 broken rows, 0 breaking, 0 worth a look, 3 harmless$/);
});

it('its own branch is made anew when the document or main has moved, and left when neither has', () => {
  quiet('document 2');
  quiet('document 2');
  assert.equal(state().runs, 1);
  quiet('document 3');
  assert.equal(pushed(), 'document 3');
  commit('main', 'README.md', 'moved');
  git('main', 'push', '--quiet', 'origin', 'main');
  quiet('document 3');
  assert.equal(pushed('README.md'), 'moved');
  assert.equal(git('origin.git', 'rev-list', '--count', `main..${BRANCH}`), '1');
  assert.equal(state().runs, 3);
});

it('a branch with commits of others is left alone, and what is new is told once', () => {
  quiet('document 2');
  maintain();
  const theirs = git('origin.git', 'rev-parse', BRANCH);
  quiet('document 2');
  assert.deepEqual(state().comments, []);
  quiet('document 3');
  quiet('document 3');
  const [comment, ...more] = state().comments;
  assert.deepEqual(more, []);
  assert.match(comment, /from document 2 to document 3/);
  quiet('document 4');
  assert.equal(state().comments.length, 2);
  assert.equal(git('origin.git', 'rev-parse', BRANCH), theirs);
  assert.equal(pushed('row.toml'), 'corrected');
});

it('commits of others are seen behind later ones of its own', () => {
  quiet('document 2');
  maintain();
  for (const [key, value] of [['user.name', 'github-actions[bot]'], ['user.email', '41898282+github-actions[bot]@users.noreply.github.com']]) git('theirs', 'config', key, value);
  commit('theirs', 'spec/vapi.json', 'document 2b');
  git('theirs', 'push', '--quiet', 'origin', BRANCH);
  quiet('document 3');
  assert.equal(pushed('row.toml'), 'corrected');
});

it('a branch with commits of others but without a request fails the run and says so', () => {
  quiet('document 2');
  maintain();
  writeFileSync(at('state.json'), JSON.stringify({ ...state(), open: false }));
  const { status, stdout } = morning('document 3');
  assert.equal(status, 1);
  assert.match(stdout, /holds commits of others but has no open pull request/);
  assert.equal(pushed('row.toml'), 'corrected');
});

it('the request is closed and its branch deleted when main equals the document', () => {
  quiet('document 2');
  quiet('document 1');
  assert.equal(state().open, false);
  assert.match(state().comments[0], /nothing is left to propose/);
  assert.deepEqual(branches(), ['main']);
  quiet('document 1');
  assert.equal(state().comments.length, 1);
});

it('commits of others outlive the request', () => {
  quiet('document 2');
  maintain();
  quiet('document 1');
  assert.equal(state().open, false);
  assert.deepEqual(branches(), ['main', BRANCH]);
});

it('a push of others between the look and the push is not overwritten', () => {
  quiet('document 2');
  const identity = { GIT_AUTHOR_NAME: 'A', GIT_AUTHOR_EMAIL: 'a@example.com', GIT_COMMITTER_NAME: 'A', GIT_COMMITTER_EMAIL: 'a@example.com' };
  const words = ['commit-tree', `${BRANCH}^{tree}`, '-p', BRANCH, '-m', 'Theirs'];
  const theirs = execFileSync('git', words, { cwd: at('origin.git'), encoding: 'utf8', env: { ...process.env, ...identity } }).trim();
  // They push while the script commits.
  mkdirSync(at('hooks'));
  writeFileSync(at('hooks/post-commit'), `#!/bin/sh\ngit -C ${at('origin.git')} update-ref refs/heads/${BRANCH} ${theirs}\n`);
  chmodSync(at('hooks/post-commit'), 0o755);
  const { status, stderr } = morning('document 3', REPORT, { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'core.hooksPath', GIT_CONFIG_VALUE_0: at('hooks') });
  assert.notEqual(status, 0);
  assert.match(stderr, /stale info/);
  assert.equal(git('origin.git', 'rev-parse', BRANCH), theirs);
});
