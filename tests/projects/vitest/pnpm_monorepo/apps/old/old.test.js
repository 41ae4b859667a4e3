import { expect, test } from 'vitest';

test('is no part of the workspace', () => {
  expect('run').toBe('never');
});
