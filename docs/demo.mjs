// Draws docs/demo.svg: the output of `vapi-mcp demo` in a terminal.
//
//     cargo build --release && node docs/demo.mjs

import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const program = process.env.VAPI_MCP_BIN ?? here('../target/release/vapi-mcp');

const COLUMNS = 110;
const LINE = 18;
const COLUMN = 7.83;
const MARGIN = 16;

/** The CSS classes for the terminal codes in the output. */
const CLASSES = { 1: 'b', 2: 'f', 32: 'g', 36: 'c' };

const output = execFileSync(program, ['demo'], { env: { CLICOLOR_FORCE: '1' }, encoding: 'utf8' })
  // Hides the path of the build.
  .replaceAll(program, '/path/to/vapi-mcp');

/** The output as lines of characters, each with its classes. */
function lines(text) {
  const lines = [[]];
  let style = new Set();
  for (const [, codes, character] of text.trimEnd().matchAll(/\x1b\[([\d;]*)m|([^])/g)) {
    if (codes !== undefined) {
      for (const code of codes.split(';')) {
        if (code === '' || code === '0') style = new Set();
        else if (CLASSES[code]) style = new Set([...style, CLASSES[code]]);
      }
    } else if (character === '\n') {
      lines.push([]);
    } else {
      if (lines.at(-1).length === COLUMNS) lines.push([]);
      lines.at(-1).push([character, [...style].join(' ')]);
    }
  }
  return lines;
}

const escape = (text) => text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);

/** One line of the image: adjacent characters with the same style are one span. */
function drawn(line, index) {
  const spans = [];
  for (const [character, style] of line) {
    if (spans.at(-1)?.style === style) spans.at(-1).text += character;
    else spans.push({ style, text: character });
  }
  const text = spans.map(({ style, text }) =>
    style ? `<tspan class="${style}">${escape(text)}</tspan>` : escape(text),
  );
  return `<text x="${MARGIN}" y="${MARGIN + LINE * (index + 0.75)}">${text.join('')}</text>`;
}

const shown = lines(`\x1b[2m$ \x1b[0mcargo run --release -- demo\n${output}`);
const width = Math.ceil(COLUMNS * COLUMN + 2 * MARGIN);
const height = shown.length * LINE + 2 * MARGIN;
writeFileSync(
  here('demo.svg'),
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">
<style>
text { font: 13px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #d4d4d4; white-space: pre; }
.b { font-weight: bold; fill: #fff; } .f { fill: #8a8a8a; } .g { fill: #8fd18f; } .c { fill: #6cc7e0; }
</style>
<rect width="100%" height="100%" rx="8" fill="#1c1c1e"/>
${shown.map(drawn).join('\n')}
</svg>
`,
);
