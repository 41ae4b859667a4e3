'use strict';

const assert = require('assert');
const box = require('..');

it('frames a word', function () {
  this.seen.push('word');
  assert.strictEqual(box('hi', 8), '+------+\n| hi   |\n+------+');
});

it('is as wide everywhere', () => {
  const widths = box('the quick brown fox', 12).split('\n').map((line) => line.length);
  assert.deepStrictEqual([...new Set(widths)], [12]);
});

it('draws corners');
