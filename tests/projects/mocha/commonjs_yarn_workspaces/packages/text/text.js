'use strict';

/** Break `text` into lines of at most `width` characters, at blanks. */
exports.wrap = function wrap(text, width) {
  const lines = [];
  let line = '';
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (line && line.length + word.length > width) {
      lines.push(line);
      line = '';
    }
    line += (line ? ' ' : '') + word;
  }
  return line ? [...lines, line] : lines;
};

exports.indent = (lines, depth) => lines.map((line) => ' '.repeat(depth) + line);
