export { daysIn, isLeap } from './year.js';
export { weeks } from './weeks.js';
