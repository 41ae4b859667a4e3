import { plural } from '@/words';

describe.each([
  { count: 1, word: 'dish', text: '1 dish' },
  { count: 2, word: 'dish', text: '2 dishes' },
  { count: 0, word: 'fork', text: '0 forks' },
])('$count of "$word"', ({ count, word, text }) => {
  it(`is '${text}'`, () => {
    expect(plural(count, word)).toBe(text);
  });
});

it.fails('does not know mice', () => {
  expect(plural(2, 'mouse')).toBe('2 mice');
});
