/** Two answers to the same prompt, by the system that might be promoted and by the one it is measured against. */
export interface Pair {
  id: string;
  prompt: string;
  candidate: string;
  reference: string;
}

/** What a judge prefers of two answers, by where they stand. */
export type Preference = 'first' | 'second' | 'tie';

/** A model, or a person, that is shown two answers and not told whose they are. */
export type Judge = (asked: { prompt: string; first: string; second: string }) => Promise<Preference>;

/** What a judge said of a pair in both orders, and what that makes for the candidate. */
export interface Judged {
  id: string;
  candidateFirst: Preference;
  candidateSecond: Preference;
  outcome: 'win' | 'tie' | 'loss';
}

/**
 * Asks a judge twice, once in each order, since models prefer an answer for standing first, or second, often enough to decide a
 * comparison (Zheng and others, "Judging LLM-as-a-judge", NeurIPS 2023). Whoever is preferred in both orders has won; all else,
 * disagreement above all, is a tie.
 */
export async function judgePair(judge: Judge, { id, prompt, candidate, reference }: Pair): Promise<Judged> {
  const candidateFirst = await judge({ prompt, first: candidate, second: reference });
  const candidateSecond = await judge({ prompt, first: reference, second: candidate });
  return { id, candidateFirst, candidateSecond, outcome: outcomeOf(candidateFirst, candidateSecond) };
}

export function outcomeOf(candidateFirst: Preference, candidateSecond: Preference): Judged['outcome'] {
  if (candidateFirst === 'first' && candidateSecond === 'second') return 'win';
  if (candidateFirst === 'second' && candidateSecond === 'first') return 'loss';
  return 'tie';
}
