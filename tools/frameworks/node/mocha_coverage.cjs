"use strict";
// Required into each of Mocha's processes, which count for V8 (NODE_V8_COVERAGE): at its end the lines that ran are worked
// out beside the sources as they were run, and written to lines-<pid>.json. Files that were transformed are left out.
const fs = require("node:fs");
const path = require("node:path");
const v8 = require("node:v8");
const { fileURLToPath } = require("node:url");

const { readFileSync, writeFileSync, readdirSync, unlinkSync } = fs;
const root = fs.realpathSync(process.cwd());
const folder = process.env.NODE_V8_COVERAGE;

// Offsets of what stands on each line that holds code: [from, to, number].
function codeLines(text) {
  const found = [];
  let at = 0;
  let inComment = false;
  text.split("\n").forEach((line, index) => {
    const bare = line.trim();
    const starts = !inComment && bare.startsWith("/*");
    const comment = inComment || starts || bare.startsWith("//");
    if (starts || inComment) inComment = !bare.slice(starts ? 2 : 0).includes("*/");
    if (bare && !comment && !/^[\])};,]+$/.test(bare)) {
      const from = at + line.indexOf(bare);
      found.push([from, from + bare.length, index + 1]);
    }
    at += line.length + 1;
  });
  return found;
}

// The innermost range around a line says how often it ran; V8 tells the outer ones first.
function ranLines(lines, functions) {
  const counts = new Map();
  for (const { startOffset, endOffset, count } of functions.flatMap((one) => one.ranges)) {
    let low = 0;
    for (let high = lines.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (lines[middle][0] < startOffset) low = middle + 1;
      else high = middle;
    }
    for (; low < lines.length && lines[low][0] < endOffset; low++) {
      if (lines[low][1] <= endOffset) counts.set(lines[low][2], count);
    }
  }
  return [...counts].filter(([, count]) => count > 0).map(([line]) => line);
}

function measured(script) {
  const { url, functions } = script;
  if (!url.startsWith("file://") || !functions.length) return null;
  const file = fileURLToPath(url);
  if (!file.startsWith(root + path.sep) || file.includes(`${path.sep}node_modules${path.sep}`)) return null;
  const text = readFileSync(file, "utf8");
  if (Math.max(...functions[0].ranges.map((range) => range.endOffset)) !== text.length) return null;
  const lines = codeLines(text);
  const pairs = (numbers) => numbers.map((line) => [line, line]);
  return [file, { lines: pairs(lines.map((line) => line[2])), ran: pairs(ranLines(lines, functions)) }];
}

function tell() {
  v8.takeCoverage();
  v8.stopCoverage();
  const found = {};
  for (const name of readdirSync(folder).filter((one) => one.startsWith(`coverage-${process.pid}-`))) {
    const { result } = JSON.parse(readFileSync(path.join(folder, name), "utf8"));
    unlinkSync(path.join(folder, name));
    for (const script of result) {
      try {
        const one = measured(script);
        if (one) found[one[0]] = one[1];
      } catch {
        // The file is not there any more: nothing to be told of it.
      }
    }
  }
  writeFileSync(path.join(folder, `lines-${process.pid}.json`), JSON.stringify(found));
}

if (folder) {
  process.on("exit", () => {
    try {
      tell();
    } catch {
      // Without coverage, then: the tests' results are in the report.
    }
  });
}
