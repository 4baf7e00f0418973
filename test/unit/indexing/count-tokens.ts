/** Counts as word-piece tokenizers do: words by eight letters, every other visible character by itself. */
export const countOne = (text: string): number =>
  [...text.matchAll(/\p{Script=Han}|(?:(?!\p{Script=Han})[\p{L}\p{N}])+|[^\s\p{L}\p{N}]/gu)].reduce(
    (sum, [run]) => sum + Math.ceil(run.length / 8),
    0,
  );

export const count = (texts: readonly string[]): Promise<number[]> => Promise.resolve(texts.map(countOne));
