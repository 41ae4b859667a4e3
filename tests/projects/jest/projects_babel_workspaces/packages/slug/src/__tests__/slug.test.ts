import { slug } from '..';

describe('slug', () => {
  test.each([
    ['Hello, world!', 'hello-world'],
    ['Über Äpfel', 'uber-apfel'],
    ['  C++ & Rust / 2024  ', 'c-rust-2024'],
  ])('of %j', (title: string, wanted: string) => {
    expect(slug(title)).toBe(wanted);
  });

  test('is short and ends in no dash', () => {
    const found = slug('one two three four five six seven eight nine ten');
    expect(found.length).toBeLessThanOrEqual(40);
    expect(found).not.toMatch(/-$/);
  });
});
