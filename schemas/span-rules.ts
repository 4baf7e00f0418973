import { SPAN_RULE_NAMES, type CleaningRules, type RuleOverrides, type SpanKind } from './cleaning-rules';

/** The numbers where an input names none. */
export const DEFAULT_SPAN_RULES = {
  spanSentences: 3,
  // As short as the shortest text that can be a near duplicate.
  minSpanWords: 5,
  minWordsLeft: 50,
  minSentencesLeft: 3,
} as const satisfies RuleOverrides;

/** What of a document counts as one span, and what must be left of it. */
export interface SpanRules {
  kind: SpanKind;
  /** Lines, paragraphs or sentences in one span. */
  length: number;
  /** Words that a span must have to be a duplicate of another; null for any. */
  minWords: number | null;
  minWordsLeft: number | null;
  minSentencesLeft: number | null;
}

/** The rules on duplicates below the document; null where there are none. */
export function spanRulesOf(rules: Partial<CleaningRules>): SpanRules | null {
  const { dropDuplicateSpans: kind = 'none' } = rules;
  if (kind === 'none') return null;
  const { spanSentences, minSpanWords: minWords, minWordsLeft, minSentencesLeft } = { ...DEFAULT_SPAN_RULES, ...rules };
  return { kind, length: kind === 'sentences' ? spanSentences : 1, minWords, minWordsLeft, minSentencesLeft };
}

/** The rules with all of those on spans, or, where none are sought, without any of them. */
export function settleSpanRules(rules: CleaningRules): CleaningRules {
  if (spanRulesOf(rules)) return { ...DEFAULT_SPAN_RULES, ...rules };
  const settled = { ...rules };
  for (const name of SPAN_RULE_NAMES) delete settled[name];
  return settled;
}

/** Rules on spans that the overrides set although the run seeks none, or none of sentences. */
export function unboundSpanRules(rules: CleaningRules, overrides: RuleOverrides): { rule: string; problem: string }[] {
  const { dropDuplicateSpans: kind = 'none' } = rules;
  return SPAN_RULE_NAMES.flatMap((rule) => {
    if (rule === 'dropDuplicateSpans' || overrides[rule] == null) return [];
    if (kind === 'none') {
      const problem = `is about duplicates below the document, which nothing looks for: it would never fire. Set "dropDuplicateSpans" to "line", "paragraph" or "sentences", or leave the rule out.`;
      return [{ rule, problem }];
    }
    if (rule === 'spanSentences' && kind !== 'sentences') {
      return [{ rule, problem: `is about sentences, but "dropDuplicateSpans" is "${kind}": leave the rule out.` }];
    }
    return [];
  });
}
