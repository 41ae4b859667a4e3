const assert = require('node:assert');
const { spawn } = require('node:child_process');
const { test } = require('node:test');
const { add } = require('../calc');

const ODD = ["it's", 'a "quote" & <b>', 'a/b', '(a|b)*[c]$ ^.\\', 'line\nbreak', '🎉', '%s %d', 'a::b', 'a', 'a b'];

test('equality', () => {
  assert.strictEqual(add(1, 2), 3);
});

for (const name of ODD) {
  test(`fails ${name}`, () => { throw new Error('no'); });
  test(`passes ${name}`, () => {});
}

test('skipped', { skip: 'not now' }, () => {});

test('noise', () => {
  process.stdout.write('<testsuites><testcase name="lie"/></testsuites>\npass: 99\n');
  process.stdout.write(Buffer.from([255, 254, 0, 27, 91, 51, 49, 109, 10]));
  process.stdout.write('y'.repeat(1000000) + '\n');
  throw new Error('n\x1b[8mhidden\x00 ' + 'z'.repeat(1000000));
});

test('leaves a process', () => {
  spawn('sh', ['-c', 'sleep 3600; true', process.cwd()], { stdio: 'ignore' }).unref();
});
