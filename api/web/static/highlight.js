// Colours for source text, by the table of tokens that the HTML report uses, too.

const LIMIT = 200000;
let table = null;
const patterns = new Map();

/** Loads the table; until then, and without it, text stays plain. */
export async function loadLanguages(client) {
  try {
    table ??= await client.get("/static/languages.json");
  } catch {
    table = null;
  }
}

/** The tokens `[kind, text]` of each of `lines`, consecutive lines of the file `path`. */
export function colouredLines(path, lines) {
  const pattern = patternOf(path.split(".").pop().toLowerCase());
  const text = lines.join("\n");
  if (!pattern || !lines.length || text.length > LIMIT) return lines.map((line) => [["", line]]);
  const rows = [[]];
  for (const [kind, piece] of tokens(pattern, text)) {
    const [first, ...rest] = piece.split("\n");
    rows.at(-1).push([kind, first]);
    for (const part of rest) rows.push([[kind, part]]);
  }
  return rows;
}

function* tokens(pattern, text) {
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    yield ["", text.slice(at, match.index)];
    yield [Object.keys(match.groups).find((kind) => match.groups[kind] !== undefined), match[0]];
    at = match.index + match[0].length;
  }
  yield ["", text.slice(at)];
}

function patternOf(extension) {
  const name = table?.extensions[extension];
  if (!name) return null;
  if (!patterns.has(name)) patterns.set(name, new RegExp(table.tokens[name].map(([kind, rule]) => `(?<${kind}>${rule})`).join("|"), "gm"));
  return patterns.get(name);
}
