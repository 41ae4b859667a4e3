import { menu } from './menu';
import { newestFirst } from './order';

const posts = [
  { title: 'First post', day: '2023-01-02' },
  { title: 'On menus', day: '2024-05-06' },
];

test('the newest comes first', () => {
  expect(newestFirst(posts).map((post) => post.title)).toEqual(['On menus', 'First post']);
});

test('entries lead to their posts', () => {
  expect(menu(posts)).toEqual([
    { title: 'On menus', href: '/posts/on-menus' },
    { title: 'First post', href: '/posts/first-post' },
  ]);
});

test.skip('drafts are left out', () => {});
