// Places inside JSON, as lists of keys.

export function at(value, path) {
  return path.reduce((here, key) => (own(here, [key]) ? here[key] : undefined), value);
}

export function own(value, path) {
  const [key, ...rest] = path;
  const here = value !== null && typeof value === 'object' && Object.hasOwn(value, key);
  return here && (rest.length === 0 || own(value[key], rest));
}

/** Every scalar and every empty container, with its path. */
export function* leaves(value, path = []) {
  const entries = value !== null && typeof value === 'object' ? Object.entries(value) : [];
  if (entries.length === 0) yield [path, value];
  for (const [key, inner] of entries) yield* leaves(inner, [...path, key]);
}

/** Every place where two values differ, as deep as both have the same kind of container. */
export function* differences(theirs, ours, path = []) {
  if (kind(theirs) !== 'scalar' && kind(theirs) === kind(ours)) {
    for (const key of new Set([...Object.keys(theirs), ...Object.keys(ours)])) {
      yield* differences(theirs[key], ours[key], [...path, key]);
    }
  } else if (!Object.is(theirs, ours)) {
    yield { path, theirs, ours };
  }
}

function kind(value) {
  if (Array.isArray(value)) return 'array';
  return value !== null && typeof value === 'object' ? 'object' : 'scalar';
}
