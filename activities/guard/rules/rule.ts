import type { GuardSurface } from '../../../schemas/guard';

/** What an attack tries; the name of its family in reports. */
export type AttackFamily =
  'override' | 'persona' | 'mode' | 'unrestricted' | 'refusal' | 'extraction' | 'injection' | 'exfiltration' | 'markup';

/** A pattern that speaks for an attack. Rules are data: a team reads them, and knows why a text was stopped. */
export interface GuardRule {
  id: string;
  family: AttackFamily;
  /** Matched against every view of a text. Gaps are bounded, so that matching takes time in proportion to the text. */
  pattern: RegExp;
  /** Where it applies. */
  surfaces: readonly GuardSurface[];
  /** Belief that a text which matches is an attack, 0 to 1. Several rules add up as independent evidence. */
  weight: number;
  why: string;
}

/** What people write, and what comes with documents and tools. */
export const ANY_INPUT: readonly GuardSurface[] = ['input', 'tool', 'document'];
/** Where an instruction has no business at all. */
export const FOREIGN: readonly GuardSurface[] = ['tool', 'document'];
