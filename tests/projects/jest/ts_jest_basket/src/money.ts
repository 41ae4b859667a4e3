/** An amount in the smallest unit of its currency. */
export interface Money {
  readonly units: number;
  readonly currency: string;
}

export const money = (units: number, currency = 'EUR'): Money => ({ units, currency });

export function add(left: Money, right: Money): Money {
  if (left.currency !== right.currency) {
    throw new TypeError(`cannot add ${right.currency} to ${left.currency}`);
  }
  return money(left.units + right.units, left.currency);
}

export function format({ units, currency }: Money): string {
  const sign = units < 0 ? '-' : '';
  const whole = Math.abs(units) / 100;
  return `${sign}${whole.toFixed(2)} ${currency}`;
}
