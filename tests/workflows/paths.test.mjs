// What the documents name exists: paths, and the tests of SECURITY.md.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const project = new URL('../..', import.meta.url).pathname;
const read = (path) => readFileSync(join(project, path), 'utf8');

const PATH = /^(?:src|tests|crates|spec|docs)\/[\w./*-]*$/;

/** The paths in a text, between backticks or in blocks of code. */
function named(text) {
  const blocks = [...text.matchAll(/^```\w*\n(.*?)^```$/gms)].flatMap(([, block]) => block.split(/[\s(]+/));
  const spans = [...text.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span);
  return [...blocks, ...spans].filter((word) => PATH.test(word));
}

/** Whether a path exists; the last part may contain a `*`. */
function exists(path) {
  if (!path.includes('*')) return existsSync(join(project, path));
  const [, folder, form] = /^(.*)\/([^/]*)$/.exec(path);
  const [before, after] = form.split('*');
  return readdirSync(join(project, folder)).some((name) => name.startsWith(before) && name.endsWith(after));
}

for (const document of ['CONTRIBUTING.md', 'docs/architecture.md', 'SECURITY.md']) {
  test(`every path that ${document} names exists`, () => {
    const paths = named(read(document));
    assert.ok(paths.length > 3, 'it names paths');
    assert.deepEqual(paths.filter((path) => !exists(path)), []);
  });
}

test('every folder of the tree in CONTRIBUTING.md exists, and every module of the server is in it', () => {
  const [, tree] = /^```\n(spec\/.*?)^```$/ms.exec(read('CONTRIBUTING.md'));
  let top = '';
  const folders = tree.trimEnd().split('\n').map((line) => {
    const [, indent, folder] = /^(\s*)(\S+\/)/.exec(line);
    if (!indent) top = folder;
    return indent ? top + folder : folder;
  });
  assert.deepEqual(folders.filter((folder) => !existsSync(join(project, folder))), []);
  for (const source of ['src', 'crates/codegen/src']) {
    const modules = readdirSync(join(project, source), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    assert.deepEqual(modules.map(({ name }) => `${source}/${name}/`).filter((folder) => !folders.includes(folder)), []);
  }
});

test('every test that SECURITY.md names is in the file that it names', () => {
  const missing = [];
  let count = 0;
  for (const row of read('SECURITY.md').split('\n').filter((line) => line.startsWith('|'))) {
    let file;
    for (const [, span] of row.matchAll(/`([^`]+)`/g)) {
      if (/^[\w./-]+\.(?:rs|mjs)$/.test(span)) file = span;
      else if (file && /^[a-z0-9]+(?:_[a-z0-9]+){2,}$/.test(span)) {
        count += 1;
        if (!new RegExp(`fn ${span}\\b`).test(read(file))) missing.push(`${file} ${span}`);
      }
    }
  }
  assert.ok(count > 50, 'it names tests');
  assert.deepEqual(missing, []);
});
