import { describe, expect, it } from 'vitest';
import { line } from './report.js';

describe('line', () => {
  it('tells the temperature', () => {
    expect(line({ place: 'Bergen', fahrenheit: 50, wind: 0 })).toBe('Bergen: 10.0 °C');
  });
  it('tells the wind', () => {
    expect(line({ place: 'Cork', fahrenheit: 32, wind: 37 })).toBe('Cork: 0.0 °C, wind 20 kn');
  });
  it.skip('tells the rain', () => {});
});
