'use strict';

const { wrap } = require('@tools/text');

/** `text` in a frame of `width` columns. */
module.exports = function box(text, width) {
  const edge = `+${'-'.repeat(width - 2)}+`;
  return [edge, ...wrap(text, width - 4).map((line) => `| ${line.padEnd(width - 4)} |`), edge].join('\n');
};
