import { Discount, reduce } from './discount';
import { add, Money, money } from './money';

export interface Line {
  readonly name: string;
  readonly price: Money;
  readonly count?: number;
}

export class Basket {
  private readonly lines: Line[] = [];
  private readonly discounts: Discount[] = [];

  put(line: Line): this {
    this.lines.push(line);
    return this;
  }

  apply(discount: Discount): this {
    this.discounts.push(discount);
    return this;
  }

  get total(): Money {
    const sum = this.lines.reduce(
      (total, { price, count = 1 }) => add(total, money(price.units * count, price.currency)),
      money(0, this.lines[0]?.price.currency),
    );
    return this.discounts.reduce(reduce, sum);
  }
}
