import { slug } from '@blog/slug';
import { newestFirst } from './order';

export function menu(posts) {
  return newestFirst(posts).map(({ title }) => ({ title, href: `/posts/${slug(title)}` }));
}
