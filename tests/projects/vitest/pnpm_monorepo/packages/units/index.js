export const celsius = (fahrenheit) => ((fahrenheit - 32) * 9) / 5;

export const knots = (kilometres) => kilometres / 1.852;
