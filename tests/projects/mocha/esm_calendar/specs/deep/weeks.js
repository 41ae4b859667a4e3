import assert from 'node:assert';
import { weeks } from '../../lib/weeks.js';

describe('weeks', () => {
  it('are rows of seven', async () => {
    const rows = await Promise.resolve(weeks(2023, 2));
    assert.deepStrictEqual(rows.map((row) => row.length), [7, 7, 7, 7, 7]);
  });

  it('end with the last day', () => {
    assert.strictEqual(weeks(2023, 2).flat().filter(Number).at(-1), 28);
  });
});
