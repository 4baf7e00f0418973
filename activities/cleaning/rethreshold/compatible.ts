import {
  RECIPES,
  settleSpanRules,
  type CleaningRules,
  type RecipeName,
  type RuleOverrides,
} from '../../../schemas/recipes';

/** What decides on how a text is read, cut and rewritten, so that its scores hold for no other value. */
const SHAPING = [
  'normalise',
  'repairMojibake',
  'chinese',
  'words',
  'stopWords',
  'minSoftUrlWords',
  'maxLineWordLength',
  'minLineWords',
  'removeCitations',
  'dropUnterminatedLines',
  'dropJavascriptLines',
  'dropPolicyLines',
  'dropBadWords',
  'pii',
  'piiKinds',
] as const satisfies readonly (keyof CleaningRules)[];

/**
 * The rules that `recipe` (or the dataset's own rules) and `overrides` make, and what about them the kept scores can
 * not answer: a filter that did not run, or a text that would be another one.
 */
export function rethresholdRules(
  kept: CleaningRules,
  recipe: RecipeName | undefined,
  overrides: RuleOverrides,
): { rules: CleaningRules; problems: string[] } {
  const rules = settleSpanRules({ ...(recipe === undefined ? kept : RECIPES[recipe]), ...overrides });
  const problems: string[] = SHAPING.filter((rule) => JSON.stringify(rules[rule]) !== JSON.stringify(kept[rule])).map(
    (rule) => `"${rule}" decides on the texts themselves: it was ${JSON.stringify(kept[rule])}`,
  );
  let from = 0;
  for (const filter of rules.filters) {
    const at = kept.filters.indexOf(filter, from);
    if (at < 0) problems.push(`the filter "${filter}" did not run there: ${JSON.stringify(kept.filters)} did`);
    else from = at + 1;
  }
  // Leaving C4 out would leave its lines in.
  if (kept.filters.includes('c4') && !rules.filters.includes('c4')) {
    problems.push('the filter "c4" has left out lines of the texts, so it must stay');
  }
  return { rules, problems };
}
