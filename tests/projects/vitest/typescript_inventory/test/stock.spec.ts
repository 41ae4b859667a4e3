import { OutOfStock, Stock } from '@/stock';

describe('Stock', () => {
  let stock: Stock;

  beforeEach(() => {
    stock = new Stock();
    stock.receive('knife', 3);
  });

  it('counts what it has', () => {
    expect(stock.count('knife')).toBe(3);
    expect(stock.count('fork')).toBe(0);
  });

  it('adds what it receives', () => {
    stock.receive('knife', 4);
    expect(stock.count('knife')).toBe(7);
  });

  it('gives', () => {
    stock.take('knife', 3);
    expect(stock.count('knife')).toBe(0);
  });

  it('gives no more than there is', () => {
    expect(() => stock.take('knife', 4)).toThrow(new OutOfStock('knife', 4, 3));
  });

  it('tells what is short', async () => {
    stock.receive('dish', 1);
    stock.receive('knife', 1);
    expect(await Promise.resolve(stock.short(4))).toEqual(['dish']);
  });
});
