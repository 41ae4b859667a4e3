const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export const isLeap = (year) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

/** The days of a month; months count from 1. */
export function daysIn(year, month) {
  if (!Number.isInteger(month) || month < 1 || month > 12) throw new RangeError(`there is no month ${month}`);
  return DAYS[month - 1] + (month === 2 || isLeap(year) ? 1 : 0);
}
