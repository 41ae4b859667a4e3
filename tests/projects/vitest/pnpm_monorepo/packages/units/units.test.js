import { expect, test } from 'vitest';
import { celsius, knots } from './index.js';

test.each([
  [32, 0],
  [212, 100],
  [-40, -40],
])('%d °F are %d °C', (fahrenheit, wanted) => {
  expect(celsius(fahrenheit)).toBe(wanted);
});

test('knots', () => {
  expect(knots(18.52)).toBeCloseTo(10);
});
