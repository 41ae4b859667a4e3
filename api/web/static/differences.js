// What differs between two texts: spans [start, end] of either that the other has not.

const COMPARED = 4000;
const LEAST_ALIKE = 0.3;
const WORDS = /[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu;

/** The spans in `before` that went, and those in `after` that came. None where the two have little in common. */
export function changedSpans(before, after) {
  if (before === after) return [[], []];
  if (before.length + after.length > COMPARED) return between(before, after);
  const old = before.match(WORDS) ?? [];
  const now = after.match(WORDS) ?? [];
  const kept = common(old, now);
  const same = kept.reduce((sum, [at]) => sum + old[at].trim().length, 0);
  if (same < LEAST_ALIKE * Math.max(before.trim().length, after.trim().length)) return [[], []];
  return [spans(old, new Set(kept.map(([at]) => at))), spans(now, new Set(kept.map(([, at]) => at)))];
}

/** Pairs of indexes of a longest common subsequence. */
function common(old, now) {
  const lengths = Array.from({ length: old.length + 1 }, () => new Uint16Array(now.length + 1));
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = now.length - 1; j >= 0; j--)
      lengths[i][j] = old[i] === now[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
  const pairs = [];
  for (let i = 0, j = 0; i < old.length && j < now.length; ) {
    if (old[i] === now[j]) pairs.push([i++, j++]);
    else if (lengths[i + 1][j] >= lengths[i][j + 1]) i++;
    else j++;
  }
  return pairs;
}

function spans(words, kept) {
  const found = [];
  let at = 0;
  words.forEach((word, index) => {
    if (!kept.has(index)) {
      const last = found.at(-1);
      if (last && last[1] === at) last[1] += word.length;
      else found.push([at, at + word.length]);
    }
    at += word.length;
  });
  return found;
}

function between(before, after) {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end++;
  return [[[start, before.length - end]], [[start, after.length - end]]];
}
