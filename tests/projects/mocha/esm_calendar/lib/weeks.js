import { daysIn } from './year.js';

/** The days of a month in rows of seven, Monday first, with `null` for days of other months. */
export function weeks(year, month) {
  const first = (new Date(Date.UTC(year, month - 1, 1)).getUTCDay() + 6) % 7;
  const days = [...Array(first).fill(null), ...Array.from({ length: daysIn(year, month) }, (_, day) => day + 1)];
  while (days.length % 7) days.push(null);
  return Array.from({ length: days.length / 7 }, (_, row) => days.slice(row * 7, row * 7 + 7));
}
