import { Money, money } from './money';

export enum Kind {
  Percent = 'percent',
  Fixed = 'fixed',
}

export interface Discount {
  readonly kind: Kind;
  readonly value: number;
}

/** Never below nothing. */
export function reduce(price: Money, discount: Discount): Money {
  switch (discount.kind) {
    case Kind.Percent:
      return money(Math.round(price.units * (1 - discount.value / 100)), price.currency);
    case Kind.Fixed:
      return money(Math.min(0, price.units - discount.value), price.currency);
  }
}
