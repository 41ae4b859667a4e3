import { describe, expect, it } from '@jest/globals';
import { Basket } from '../src/basket';
import { Kind } from '../src/discount';
import { format, money } from '../src/money';

const tea = { name: 'tea', price: money(450) };
const cup = { name: 'cup', price: money(1250), count: 2 };

describe('Basket', () => {
  it('is empty at first', () => {
    expect(new Basket().total).toEqual(money(0));
  });

  it('adds its lines', () => {
    expect(new Basket().put(tea).put(cup).total.units).toBe(2950);
  });

  it('takes per cent off', () => {
    expect(new Basket().put(cup).apply({ kind: Kind.Percent, value: 10 }).total.units).toBe(2250);
  });

  it('takes a fixed amount off (a voucher)', () => {
    expect(new Basket().put(cup).apply({ kind: Kind.Fixed, value: 500 }).total.units).toBe(2000);
  });

  it('costs never less than nothing', () => {
    expect(new Basket().put(tea).apply({ kind: Kind.Fixed, value: 500 }).total.units).toBe(0);
  });

  it('does not mix currencies', () => {
    expect(() => new Basket().put(tea).put({ name: 'mug', price: money(900, 'GBP') }).total).toThrow(TypeError);
  });
});

it.each([
  [5, '0.05 EUR'],
  [-1234, '-12.34 EUR'],
])('formats %d as "%s"', (units, text) => {
  expect(format(money(units))).toBe(text);
});

it.todo('formats by locale');
