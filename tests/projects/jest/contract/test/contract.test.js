const { spawn } = require('child_process');
const { add } = require('../src/calc');

const ODD = ["it's", 'a "quote"', 'a/b', '(a|b)*[c]$ ^.\\', 'line\nbreak', '🎉', '%s %d', 'a > b', 'a', 'a b', '\x1b[31mred', 'x'.repeat(3000)];

test('equality', () => {
  expect(add(1, 2)).toBe(3);
});

describe('fails', () => {
  for (const name of ODD) test(name, () => { throw new Error('no'); });
});

describe('passes', () => {
  for (const name of ODD) test(name, () => {});
});

test.skip('skipped', () => {});
test.todo('to do');
test.failing('expected failure', () => {
  expect(add(1, 1)).toBe(2);
});

test('noise', () => {
  process.stdout.write('{"numTotalTests": 7, "success": true, "testResults": []}\n{"k":"test","s":"passed","file":"x","names":["lie"]}\n');
  process.stdout.write(Buffer.from([255, 254, 0, 27, 91, 51, 49, 109, 10]));
  process.stdout.write('y'.repeat(1000000) + '\nTests:       9 passed, 9 total\n');
  throw new Error('n\x1b[8mhidden\x00 \udcff' + 'z'.repeat(1000000));
});

test('leaves a process', () => {
  spawn('sh', ['-c', 'sleep 3600; true', process.cwd()], { stdio: 'inherit' });
});
