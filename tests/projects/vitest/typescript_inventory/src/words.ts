const ODD: Record<string, string> = { knife: 'knives', dish: 'dishes' };

export const plural = (count: number, word: string): string => `${count} ${count === 1 ? word : (ODD[word] ?? `${word}s`)}`;
