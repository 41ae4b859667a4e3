'use strict';

const assert = require('assert');
const { indent, wrap } = require('..');

describe('wrap', () => {
  it('keeps what is short', () => assert.deepStrictEqual(wrap('one two', 7), ['one two']));
  it('breaks at the width, the blank counts', () => {
    assert.deepStrictEqual(wrap('one two three', 6), ['one', 'two', 'three']);
  });
  it('leaves long words alone', () => assert.deepStrictEqual(wrap('extraordinary', 5), ['extraordinary']));
  it('of nothing is nothing', () => assert.deepStrictEqual(wrap('  ', 5), []));
});

describe('indent', () => {
  it('adds blanks', () => assert.deepStrictEqual(indent(['a', ''], 2), ['  a', '  ']));
});
