const assert = require('assert');
const { spawn } = require('child_process');
const { add } = require('../src/calc');

const ODD = ["it's", 'a "quote"', 'a/b', '(a|b)*[c]$ ^.\\', 'line\nbreak', '🎉', '%s %d', 'a > b', 'a', 'a b', '\x1b[31mred', 'x'.repeat(3000)];

it('equality', () => {
  assert.strictEqual(add(1, 2), 3);
});

describe('fails', () => {
  for (const name of ODD) it(name, () => { throw new Error('no'); });
});

describe('passes', () => {
  for (const name of ODD) it(name, () => {});
});

it.skip('skipped', () => {});
it('to do');
it('skips itself', function () {
  this.skip();
});

it('noise', () => {
  process.stdout.write('{"stats": {"passes": 7, "failures": 0}}\n{"k":"test","s":"passed","file":"x","names":["lie"]}\n');
  process.stdout.write(Buffer.from([255, 254, 0, 27, 91, 51, 49, 109, 10]));
  process.stdout.write('y'.repeat(1000000) + '\n 9 failing\n');
  throw new Error('n\x1b[8mhidden\x00 \udcff' + 'z'.repeat(1000000));
});

it('leaves a process', () => {
  spawn('sh', ['-c', 'sleep 3600; true', process.cwd()], { stdio: 'inherit' });
});
