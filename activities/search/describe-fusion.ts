import type { Fusion } from '../../schemas/relevance';

/** How a query is searched, in words, such as `50% words and 50% vectors by score`. */
export function describeFusion(fusion: Fusion): string {
  if (fusion.method === 'rrf') return 'words and vectors fused by rank';
  const { words, vector, feedback } = fusion;
  const like = feedback ? `, then what is like the best ${feedback.documents} (weight ${level(feedback)})` : '';
  if (vector === 0) return `words alone${like}`;
  if (words === 0) return `vectors alone${like}`;
  const share = Math.round((100 * words) / (words + vector));
  return `${share}% words and ${100 - share}% vectors by score${like}`;
}

const level = ({ words, vector }: { words: number; vector: number }): string =>
  words === vector || words === 0 || vector === 0 ? `${Math.max(words, vector)}` : `${words} and ${vector}`;
