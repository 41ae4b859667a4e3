import { plural } from '@/words';

export class OutOfStock extends Error {
  constructor(item: string, wanted: number, there: number) {
    super(`${plural(wanted, item)} wanted, ${there} there`);
    this.name = 'OutOfStock';
  }
}

/** How many there are of each item. */
export class Stock {
  #counts = new Map<string, number>();

  count(item: string): number {
    return this.#counts.get(item) ?? 0;
  }

  receive(item: string, count: number): void {
    this.#counts.set(item, count);
  }

  take(item: string, count: number): void {
    const there = this.count(item);
    if (count > there) throw new OutOfStock(item, count, there);
    this.#counts.set(item, there - count);
  }

  /** The items of which fewer than `least` are left, by name. */
  short(least: number): string[] {
    return [...this.#counts].filter(([, count]) => count < least).map(([item]) => item).sort();
  }
}
