import { expect } from 'chai';
import { daysIn, isLeap, weeks } from '../lib/index.js';

describe('year', function () {
  for (const [year, leap] of [[2000, true], [1900, false], [2024, true], [2023, false]]) {
    it(`${year} is ${leap ? 'a' : 'no'} leap year`, () => {
      expect(isLeap(year)).to.equal(leap);
    });
  }

  it('has months of 31, 30, 29 and 28 days', () => {
    expect([daysIn(2024, 1), daysIn(2023, 4), daysIn(2024, 2), daysIn(2023, 2)]).to.deep.equal([31, 30, 29, 28]);
  });

  it('has twelve months', () => {
    expect(() => daysIn(2024, 13)).to.throw(RangeError, 'no month 13');
  });

  it('starts in another month elsewhere');
});
