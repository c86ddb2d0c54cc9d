// No file of a crate imports a file that imports it, directly or in a circle.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const project = new URL('../..', import.meta.url).pathname;

/** The modules below a folder, by their path, and the source of each without comments and tests. */
function modules(folder, above = []) {
  const found = new Map();
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const name = entry.name.replace(/\.rs$/, '');
    if (entry.isDirectory()) {
      if (name !== 'tests') modules(join(folder, name), [...above, name]).forEach((text, path) => found.set(path, text));
    } else if (entry.name.endsWith('.rs') && !['main', 'tests'].includes(name)) {
      const path = ['lib', 'mod'].includes(name) ? above : [...above, name];
      const text = readFileSync(join(folder, entry.name), 'utf8').replace(/\/\/[^\n]*/g, '');
      found.set(path.join('::'), text.split(/#\[cfg\(test\)\]\s*mod \w+ \{/)[0]);
    }
  }
  return found;
}

/** The paths of a tree of imports. */
function paths(tree, above = []) {
  const [, before, list] = /^([\w:\s]*?)(?:::)?\s*\{(.*)\}$/s.exec(tree.trim()) ?? [];
  if (list === undefined) return [[...above, ...tree.trim().replace(/\s+as\s+\w+$/, '').split('::')]];
  const parts = [];
  let depth = 0;
  let part = '';
  for (const character of `${list},`) {
    depth += { '{': 1, '}': -1 }[character] ?? 0;
    if (character === ',' && depth === 0) {
      if (part.trim()) parts.push(part);
      part = '';
    } else part += character;
  }
  const here = [...above, ...before.split('::').filter(Boolean)];
  return parts.flatMap((inner) => paths(inner, here));
}

/** Which modules each module imports: `use` statements, and paths in the code. */
function imports(modules) {
  const absolute = (of, [first, ...rest]) => {
    const here = of ? of.split('::') : [];
    if (first === 'crate') return rest;
    if (first === 'self') return [...here, ...rest];
    if (first === 'super') return absolute(here.slice(0, -1).join('::'), rest[0] === 'super' ? rest : ['self', ...rest]);
    return modules.has([...here, first].join('::')) ? [...here, first, ...rest] : undefined;
  };
  const read = new Map();
  for (const [of, text] of modules) {
    const statements = /(?:^|\n)\s*(pub(?:\([^)]*\))?\s+)?use\s+([^;]+);/g;
    const used = [...text.matchAll(statements)].flatMap(([, offered, tree]) =>
      paths(tree).map((path) => ({ offered: Boolean(offered), path: absolute(of, path) })));
    const inline = [...text.replace(statements, '').matchAll(/(?<![:\w])([a-z_]+)((?:::\w+)+)/g)].map(([, first, rest]) => ({
      offered: false,
      path: absolute(of, [first, ...rest.slice(2).split('::')]),
    }));
    read.set(of, [...used, ...inline].filter(({ path }) => path));
  }
  // What a module only offers of another is imported from that one.
  const resolved = (path, steps = 0) => {
    for (let end = path.length; end >= 0; end -= 1) {
      const module = path.slice(0, end).join('::');
      if (!modules.has(module)) continue;
      const offer = read.get(module).find((it) => it.offered && it.path.at(-1) === path[end] && it.path.join() !== path.join());
      return offer && steps < 8 ? resolved([...offer.path, ...path.slice(end + 1)], steps + 1) : module;
    }
    return undefined;
  };
  // A module that offers a name of another is imported with it, except by what stands below it.
  const outside = (of, path) => {
    const module = resolved(path, Infinity);
    return module && !`${of}::`.startsWith(`${module}::`) ? module : undefined;
  };
  return new Map([...read].map(([of, found]) => [
    of,
    new Set(found.filter((it) => !it.offered).flatMap((it) => [resolved(it.path), outside(of, it.path)]).filter((it) => it && it !== of)),
  ]));
}

/** A way from a module back to itself, if there is one. */
function circle(graph) {
  const left = new Set();
  const visit = (module, way) => {
    if (way.includes(module)) return [...way.slice(way.indexOf(module)), module];
    if (left.has(module)) return undefined;
    for (const next of graph.get(module) ?? []) {
      const found = visit(next, [...way, module]);
      if (found) return found;
    }
    left.add(module);
    return undefined;
  };
  for (const module of graph.keys()) {
    const found = visit(module, []);
    if (found) return found;
  }
  return undefined;
}

const sources = ['src', ...readdirSync(join(project, 'crates')).map((crate) => `crates/${crate}/src`)];

test('no file imports one that imports it', () => {
  let count = 0;
  for (const folder of sources) {
    const graph = imports(modules(join(project, folder)));
    count += [...graph.values()].reduce((sum, used) => sum + used.size, 0);
    assert.equal(circle(graph)?.join(' -> '), undefined, folder);
  }
  assert.ok(count > 200, `only ${count} imports were found`);
});

test('a circle is found, through what a module offers too', () => {
  const graph = (texts) => imports(new Map(Object.entries(texts)));
  const offered = { '': '', a: 'pub use b::B;\nmod b;', 'a::b': 'use crate::c::{D, e::F};', c: 'fn f() { crate::a::B }' };
  assert.deepEqual(circle(graph(offered)), ['a::b', 'c', 'a::b']);
  assert.equal(circle(graph({ ...offered, c: 'mod e;' })), undefined);
});
