import type { CleaningRules } from '../../../schemas/recipes';
import { activeRules, type Rule } from './rule-table';

/** Statistics by name; null or absent where one was not computed, or is no number. */
export type KeptScores = Readonly<Record<string, number | null>>;

/** What is kept of a document besides its scores that decides on it. */
export interface KeptFacts {
  /** The reason that no threshold changes; null where there is none. */
  fixed: string | null;
  /** ISO 639-1 code; null where none was recognised. */
  language: string | null;
}

/** Fixed reasons that come after all filters. */
const isLast = (reason: string): boolean => reason === 'contaminated' || reason.startsWith('pii_');

/**
 * The first rule that a document breaks by its kept statistics: what `Judge` would say under the same rules. null for
 * a document to keep.
 */
export function reasonByScores(
  rules: CleaningRules,
  scores: KeptScores,
  { fixed, language }: KeptFacts,
): string | null {
  const active = activeRules(rules);
  // Whether a language is one of those wanted depends on the rules, and is not taken from the scores.
  const isWanted = language !== null && rules.languages?.includes(language);
  const valueOf = ({ statistic }: Rule) => (statistic === 'other_language' ? (isWanted ? 0 : 1) : scores[statistic]);
  for (const filter of rules.filters) {
    if (filter === 'url' && fixed !== null && !isLast(fixed)) return fixed;
    const broken = active.filter((rule) => {
      if (rule.filter !== filter) return false;
      const value = valueOf(rule) ?? NaN;
      return rule.breaks === 'above' ? value > rule.limit : value < rule.limit;
    });
    const [first, second] = broken;
    if (!first) continue;
    // Of the two reasons for which a line drops a document, that of the earlier line.
    const isEarlier = second?.statistic === 'curly_bracket_line' && (valueOf(second) ?? 0) < (valueOf(first) ?? 0);
    return first.statistic === 'lorem_ipsum_line' && isEarlier ? second.reason : first.reason;
  }
  return fixed;
}
