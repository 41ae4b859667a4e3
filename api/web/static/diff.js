// A unified diff as tables: numbers of both sides, a sign, the line with its colours, what changed within it marked.

import { changedSpans } from "./differences.js";
import { code, h } from "./dom.js";
import { colouredLines } from "./highlight.js";

const ROWS_SHOWN = 3000;
const HUNK = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/;
const KINDS = { "+": "add", "-": "del", " ": "same", "\\": "note" };
const SIGNS = { add: "+", del: "−", same: "" };

/** Every file of `text`, a git-style diff. */
export function diffView(text) {
  let left = ROWS_SHOWN;
  return readFiles(text).map((file) => {
    const shown = file.rows.slice(0, Math.max(0, left));
    left -= file.rows.length;
    return fileView(file, shown);
  });
}

/** The files `{path, state, rows}` of a diff, coloured and marked. */
export function readFiles(text) {
  const files = [];
  let at = null;
  for (const line of text.split("\n")) {
    const hunk = HUNK.exec(line);
    if (line.startsWith("diff --git ")) {
      files.push({ path: line.split(" b/").pop().replace(/"$/, ""), state: "", rows: [] });
      at = null;
    } else if (!files.length) continue;
    else if (hunk) {
      at = { old: Number(hunk[1]), new: Number(hunk[2]) };
      files.at(-1).rows.push({ kind: "hunk", text: line });
    } else if (at && line && line[0] in KINDS) files.at(-1).rows.push(row(KINDS[line[0]], line.slice(1), at));
    else if (!at) readHeader(files.at(-1), line);
  }
  for (const file of files) {
    colour(file);
    mark(file.rows);
  }
  return files;
}

function row(kind, text, at) {
  return {
    kind, text, marks: [],
    old: kind === "del" || kind === "same" ? at.old++ : "",
    new: kind === "add" || kind === "same" ? at.new++ : "",
  };
}

function readHeader(file, line) {
  for (const [start, state] of [["new file", "new"], ["deleted file", "deleted"], ["Binary files", "binary"]])
    if (line.startsWith(start)) file.state = state;
}

/** Each side is read as one text, hunk by hunk, so that a string of many lines is one. */
function colour(file) {
  const starts = file.rows.flatMap((one, index) => (one.kind === "hunk" ? [index] : []));
  starts.forEach((start, index) => {
    const rows = file.rows.slice(start + 1, starts[index + 1] ?? file.rows.length);
    for (const other of ["del", "add"]) {
      const side = rows.filter((one) => one.kind === "same" || one.kind === other);
      colouredLines(file.path, side.map((one) => one.text)).forEach((tokens, at) => (side[at].tokens = tokens));
    }
  });
}

/** Lines that replace as many others, in order, show what changed within them. */
function mark(rows) {
  const run = (at, kind) => {
    let end = at;
    while (rows[end]?.kind === kind) end++;
    return end - at;
  };
  for (let at = 0; at < rows.length; ) {
    const removed = run(at, "del");
    const added = run(at + removed, "add");
    if (removed && removed === added)
      for (let index = at; index < at + removed; index++)
        [rows[index].marks, rows[index + removed].marks] = changedSpans(rows[index].text, rows[index + removed].text);
    at += Math.max(1, removed + added);
  }
}

function fileView(file, rows) {
  const added = file.rows.filter((one) => one.kind === "add").length;
  const removed = file.rows.filter((one) => one.kind === "del").length;
  const counts = h("span", { class: "counts numbers" },
    h("span", { class: "good" }, `+${added}`, h("span", { class: "hidden-text" }, " lines added")), " ",
    h("span", { class: "poor" }, `−${removed}`, h("span", { class: "hidden-text" }, " lines removed")));
  const name = h("div", { class: "name" }, h("span", {}, code(file.path)), file.state ? h("span", { class: "badge" }, file.state) : null, counts);
  const table = h("table", {}, h("caption", { class: "hidden-text" }, `Changes in ${file.path}`), h("tbody", {}, rows.map(rowView)));
  const region = h("div", { class: "diff", tabindex: 0, role: "region", "aria-label": `Diff of ${file.path}` }, table);
  const more = file.rows.length - rows.length;
  return h("div", { class: "file" }, name, rows.length ? region : null, more ? h("p", { class: "body dim" }, `… and ${more} more lines`) : null);
}

function rowView(one) {
  if (one.kind === "hunk" || one.kind === "note") return h("tr", { class: "hunk" }, h("td", { colspan: 4 }, code(one.text)));
  return h("tr", { class: one.kind }, h("td", { class: "no" }, one.old), h("td", { class: "no" }, one.new),
    h("td", { class: "sign" }, SIGNS[one.kind]), h("td", { class: "code" }, lineView(one)));
}

function lineView(one) {
  let at = 0;
  return (one.tokens ?? [["", one.text]]).map(([kind, piece]) => {
    const shown = marked(piece, one.marks, at);
    at += piece.length;
    return kind && piece ? h("span", { class: `t-${kind}` }, shown) : shown;
  });
}

/** `text`, which begins at column `from`, as nodes; what lies in `spans` is marked. */
export function marked(text, spans, from = 0) {
  const nodes = [];
  let done = 0;
  for (const [start, end] of spans) {
    const first = Math.max(start - from, 0);
    const last = Math.min(end - from, text.length);
    if (first >= last) continue;
    nodes.push(code(text.slice(done, first)), h("mark", {}, code(text.slice(first, last))));
    done = last;
  }
  return [...nodes, code(text.slice(done))];
}
