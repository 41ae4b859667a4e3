/** The newest first; of one day in the order given. */
export const newestFirst = (posts) => [...posts].sort((left, right) => right.day.localeCompare(left.day));
