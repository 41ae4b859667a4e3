import { Heap } from './heap';
import { Queue } from './queue';

function queueOf(...jobs: [string, number?][]): string[] {
  const queue = new Queue();
  for (const [name, priority] of jobs) queue.add(name, priority);
  return [...queue];
}

test('nothing comes out of nothing', () => {
  expect(queueOf()).toEqual([]);
});

test('the oldest of one priority comes first', () => {
  expect(queueOf(['a'], ['b'])).toEqual(['a', 'b']);
});

test('the most urgent comes first', () => {
  expect(queueOf(['low', 1], ['high', 9], ['middle', 5], ['higher', 10])).toEqual(['higher', 'high', 'middle', 'low']);
});

test('a heap sorts', () => {
  const heap = new Heap<number>((a, b) => a < b);
  for (const n of [1, 3, 2, 4]) heap.push(n);
  expect([1, 2, 3, 4, 5].map(() => heap.pop())).toEqual([1, 2, 3, 4, undefined]);
});
