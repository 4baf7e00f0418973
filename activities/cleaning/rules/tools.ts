import type { CleaningRules } from '../../../schemas/recipes';
import type { References } from '../references/load';
import { badWordsFilter } from './bad-words';
import { type DetectLanguage, loadLanguageDetector } from './language';
import { UrlRules } from './url-rules';

/** What some filters need besides thresholds; each is there if its filter runs. */
export interface Tools {
  detectLanguage?: DetectLanguage;
  urls?: UrlRules;
  hasBadWords?: (text: string) => boolean;
}

/** As datatrove: one word of the soft list is no reason yet. */
const SOFT_WORDS = 2;

/** Loads what the filters of `rules` need, and nothing that they do not. */
export async function prepareTools(rules: CleaningRules, { lists }: Pick<References, 'lists'>): Promise<Tools> {
  const tools: Tools = {};
  if (rules.filters.includes('language')) tools.detectLanguage = await loadLanguageDetector();
  if (rules.filters.includes('url')) {
    const { parse } = await import('tldts');
    tools.urls = new UrlRules(lists, rules.minSoftUrlWords ?? SOFT_WORDS, parse);
  }
  if (rules.filters.includes('badWords') && rules.dropBadWords) {
    const filter = badWordsFilter(lists.badWords ?? [], rules.dropBadWords);
    if (filter) tools.hasBadWords = filter;
  }
  return tools;
}
