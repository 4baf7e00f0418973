import type { CleaningRules, FilterName } from '../../../schemas/recipes';
import { codePoints } from '../text/length';
import { IS_WORD, Words, type Wording } from '../text/words';
import { C4, type LineCounts } from './c4';
import { finewebQuality } from './fineweb';
import { countRuns } from '../text/runs';
import { Ngrams } from './ngrams';
import { gopherQuality } from './quality';
import { repeatedLines, repeatedNgrams } from './repetition';
import { activeRules } from './rule-table';
import { Scores } from './scores';
import type { Tools } from './tools';

/** What a document is judged by. */
export interface Judged {
  /** Valid Unicode with at least one character that is not white space. */
  text: string;
  /** The address it came from; null where none is known. */
  url: string | null;
}

export interface Verdict {
  /** datatrove's name of the first rule that the text breaks; null for a text to keep. */
  reason: string | null;
  /** Of the rules that it breaks, the first that no threshold decides; null where there is none, or none was sought. */
  fixed: string | null;
  /** The text as it is kept, or would be: C4 leaves out lines. */
  text: string;
  /**
   * Tokens of it that are more than punctuation, or, where no rule looks into words, runs without white space that
   * are; 0 for a text that was left at the first rule it broke.
   */
  words: number;
  /** Its statistics; null where only a verdict was asked for. */
  scores: Record<string, number> | null;
  /** ISO 639-1 code; null where no filter asked for it, or none was recognised. */
  language: string | null;
}

const ngrams = new Ngrams();
let vocabulary: { key: string; words: Words } | undefined;

/** One of each for a thread: a text is judged in one go, and the next unit gains from the words that are known. */
export function wordsFor({ words, stopWords }: Wording): Words {
  const key = JSON.stringify([words, stopWords]);
  if (vocabulary?.key !== key) vocabulary = { key, words: new Words({ words, stopWords }) };
  return vocabulary.words;
}

/** Judges texts by the filters of a recipe, in their order. The first rule that a text breaks is the reason. */
export class Judge {
  private readonly words: Words;
  private readonly scores: Scores;
  private readonly c4: C4;
  /** The text as the filters so far have left it, and what is known of its words. */
  private text = '';
  private wordsAreOf: string | null = null;
  private known: { tokens: number; words: number } | undefined;
  private language: string | null = null;
  /** Whether nothing is asked of words but that there are any: then cutting them would be most of all the work. */
  private readonly anyWordsWillDo: boolean;

  /**
   * @param tools those of `prepareTools` for the same rules.
   * @param all computes every statistic of every text; otherwise a text is left at the first rule that it breaks.
   */
  constructor(
    private readonly rules: CleaningRules,
    private readonly tools: Tools = {},
    private readonly all = false,
  ) {
    this.words = wordsFor(rules);
    this.scores = new Scores(rules, all);
    this.c4 = new C4(rules, this.words);
    const { filters, minWords } = rules;
    this.anyWordsWillDo =
      !all &&
      filters.every((filter) => filter === 'quality') &&
      activeRules(rules).every(({ statistic }) => statistic === 'judged_words') &&
      rules.maxWords === null &&
      (minWords ?? 0) <= 1;
  }

  /** Lines that C4 has left out of all texts so far. */
  get lines(): Readonly<LineCounts> {
    return this.c4.lines;
  }

  judge({ text, url }: Judged): Verdict {
    const { scores, rules } = this;
    scores.clear();
    this.text = text;
    this.language = null;
    this.wordsAreOf = null;
    this.known = undefined;
    for (const filter of rules.filters) {
      this.look(filter, url);
      if (scores.done) {
        const { reason, fixed } = scores;
        return { reason, fixed, text, words: 0, scores: null, language: this.language };
      }
    }
    return {
      reason: scores.reason,
      fixed: scores.fixed,
      text: this.text,
      words: this.counted().words,
      scores: this.all ? scores.byName() : null,
      language: this.language,
    };
  }

  private look(filter: FilterName, url: string | null): void {
    const { scores, words, tools } = this;
    switch (filter) {
      case 'url': {
        const reason = url === null ? 'missing_url' : tools.urls?.reasonFor(url);
        if (reason) scores.break(reason);
        return;
      }
      case 'language':
        this.lookAtLanguage();
        return;
      case 'repetition':
        // Lines before words: they drop most of the documents that repeat, at a tenth of the cost.
        if (repeatedLines(this.text, scores)) return;
        this.readWords();
        repeatedNgrams(this.text, words, ngrams, scores);
        return;
      case 'quality':
        if (this.anyWordsWillDo) {
          scores.put('judged_words', this.counted().words);
          return;
        }
        this.readWords();
        gopherQuality(this.text, words, scores);
        return;
      case 'c4': {
        const rewritten = this.c4.rewrite(this.text, scores);
        this.wordsAreOf = null;
        if (!rewritten) return;
        this.text = rewritten.text;
        this.known = rewritten;
        return;
      }
      case 'paragraphs':
        scores.put('third_longest_line', thirdLongestLine(this.text));
        return;
      case 'badWords':
        if (tools.hasBadWords) scores.put('bad_words', tools.hasBadWords(this.text) ? 1 : 0);
        return;
      case 'fineweb':
        finewebQuality(this.text, this.counted().tokens, scores);
        return;
    }
  }

  private lookAtLanguage(): void {
    const found = this.tools.detectLanguage?.(this.text);
    if (!found) return;
    this.language = found.language === '' ? null : found.language;
    const isWanted = this.rules.languages?.includes(found.language) ?? true;
    if (this.scores.put('other_language', isWanted ? 0 : 1)) return;
    this.scores.put('language_score', found.score);
  }

  private readWords(): void {
    if (this.wordsAreOf === this.text) return;
    this.words.read(this.text);
    this.wordsAreOf = this.text;
    this.known = undefined;
  }

  private counted(): { tokens: number; words: number } {
    if (this.known) return this.known;
    if (this.anyWordsWillDo) {
      const runs = countRuns(this.text);
      return (this.known = { tokens: runs, words: runs });
    }
    this.readWords();
    const { tokens, flags } = this.words;
    let words = 0;
    for (let index = 0; index < tokens.length; index++) if ((flags.at(tokens.at(index)) & IS_WORD) !== 0) words++;
    return (this.known = { tokens: tokens.length, words });
  }
}

/** Code points of the third longest line; 0 where there are fewer than three. */
function thirdLongestLine(text: string): number {
  const longest = [0, 0, 0];
  for (const line of text.split('\n')) {
    longest.push(codePoints(line));
    longest.sort((a, b) => b - a).pop();
  }
  return longest[2] ?? 0;
}
