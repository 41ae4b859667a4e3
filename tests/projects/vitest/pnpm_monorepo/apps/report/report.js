import { celsius, knots } from '@weather/units';

/** A line about the weather now. */
export function line({ place, fahrenheit, wind }) {
  const blow = wind > 0 ? `, wind ${Math.round(knots(wind))} kn` : '';
  return `${place}: ${celsius(fahrenheit).toFixed(1)} °C${blow}`;
}
