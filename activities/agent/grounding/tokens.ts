import { FUNCTION_CHARACTERS, NEGATION_CHARACTERS, NOT_NEGATIONS, wordAt } from './lexicon/chinese';
import { GROUPS, NEGATIONS, STOP_WORDS } from './lexicon/english';
import {
  ATTACHED_UNITS,
  CHINESE_NUMERAL,
  chineseScale,
  isUnit,
  MEASURES,
  type Quantity,
  quantity,
  readChinese,
} from './numbers';
import { stem } from './stem';
import { joinEnglishNumbers } from './english-numbers';

/** A word, a number, a Chinese character or a mark that parts clauses. */
export interface Token {
  kind: 'word' | 'han' | 'number' | 'mark';
  /** Offsets in the text that was read. */
  from: number;
  to: number;
  /** In lower case. */
  text: string;
  stem: string;
  /** Of an English word: those under which the lexicon has it. */
  forms: readonly string[];
  /** Says something by itself. */
  content: boolean;
  /** Denies what follows it. */
  negation: boolean;
  /** Names someone or something: capitalised inside a sentence, in capitals, or with digits in it. */
  name: boolean;
  quantity?: Quantity;
  /** A number in words that is often no count: "one", 一. */
  vague?: boolean;
}

const HAN = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/uy;
const LATIN = /(?:(?![\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])[\p{L}\p{M}])+(?:['’]\p{Script=Latin}+)?/uy;
/** Letters and digits together: a model, a route, a code. */
const CODE = /(?:\p{Script=Latin}+[-‐]?\d[\p{Script=Latin}\d]*|\d+\p{Script=Latin}[\p{Script=Latin}\d]*)/uy;
const NUMBER = /(?:(?<![\p{L}\d.])[-−](?=[\d.]))?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?|\.\d+)/uy;
const MARK = /[,;:.!?，；：。！？、()（）"“”「」《》]/y;
const ORDINAL = /^(\d+)(?:st|nd|rd|th)$/;

/** Full-width forms as their plain ones; every other character, and every offset, stays. */
const plain = (text: string): string =>
  text.replace(/[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff05\uff0e]/g, (character) =>
    String.fromCharCode(character.charCodeAt(0) - 0xfee0),
  );

/** Reads a sentence, or several, into tokens. Offsets are those of the text, from `from` on. */
export function readTokens(text: string, from = 0, to = text.length): Token[] {
  const tokens = readSentence(plain(text.slice(from, to)));
  for (const token of tokens) {
    token.from += from;
    token.to += from;
  }
  return tokens;
}

function readSentence(text: string): Token[] {
  const to = text.length;
  const harmless = harmlessNegations(text);
  const tokens: Token[] = [];
  const match = (pattern: RegExp, at: number) => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  const push = (token: Partial<Token> & Pick<Token, 'kind' | 'from' | 'to'>) => {
    const written = text.slice(token.from, token.to).toLowerCase();
    tokens.push({ text: written, stem: written, forms: [], content: false, negation: false, name: false, ...token });
  };
  for (let at = 0; at < to;) {
    const han = match(HAN, at);
    if (han !== undefined) at = readHan(text, at, to, harmless, push);
    else {
      const code = match(CODE, at);
      const number = match(NUMBER, at);
      const word = match(LATIN, at);
      if (code !== undefined && !isCount(code)) {
        push({
          kind: 'word',
          from: at,
          to: at + code.length,
          stem: code.toLowerCase().replace(/[-‐]/g, ''),
          content: true,
          name: true,
        });
        at += code.length;
      } else if (number !== undefined) at = readNumber(text, at, to, number, push);
      else if (word !== undefined) {
        push(readWord(word, at, startsSentence(text, at)));
        at += word.length;
      } else {
        if (match(MARK, at) !== undefined) push({ kind: 'mark', from: at, to: at + 1 });
        at += 1;
      }
    }
  }
  return joinEnglishNumbers(tokens);
}

type Push = (token: Partial<Token> & Pick<Token, 'kind' | 'from' | 'to'>) => void;

/** "5km" is a number with its unit, "3rd" a place in an order; "5DLL" is neither. */
function isCount(code: string): boolean {
  if (ORDINAL.test(code.toLowerCase())) return true;
  const letters = /^\d+([a-zA-Z]+)$/.exec(code)?.[1];
  return letters !== undefined && isUnit(letters.toLowerCase());
}

function readNumber(text: string, from: number, to: number, found: string, push: Push): number {
  let value = Number(found.replaceAll(',', '').replace('−', '-'));
  let end = from + found.length;
  const ordinal = /^(?:st|nd|rd|th)\b/i.exec(text.slice(end, end + 3))?.[0];
  if (ordinal !== undefined) {
    end += ordinal.length;
    push({ kind: 'number', from, to: end, content: true, quantity: { value, unit: 'ordinal' } });
    return end;
  }
  for (let scale = chineseScale(text.charAt(end)); scale !== undefined && end < to;) {
    value *= scale;
    end += 1;
    scale = chineseScale(text.charAt(end));
  }
  const sign = from > 0 ? text.charAt(from - 1) : '';
  const name = /[$€]/.test(sign) ? sign : attachedUnit(text, end, to);
  const counted = /[$€]/.test(sign) ? 0 : name.length;
  push({ kind: 'number', from, to: end + counted, content: true, quantity: quantity(value, name.toLowerCase()) });
  return end + counted;
}

/** A unit that stands right behind a number, or after one blank or hyphen where it is one of two letters or a sign. */
function attachedUnit(text: string, at: number, to: number): string {
  for (const name of ATTACHED_UNITS) {
    const found = text.slice(at, at + name.length);
    if (found.toLowerCase() !== name || at + name.length > to) continue;
    if (/[a-z]$/.test(name) && /^\p{L}/u.test(text.slice(at + name.length))) continue;
    return found;
  }
  return '';
}

function readWord(word: string, at: number, first: boolean): Token {
  const text = word.toLowerCase().replace('’', "'");
  const bare = text.replace(/'s$/, '');
  const stop = STOP_WORDS.has(bare) || bare.length < 2;
  const capital = /^\p{Lu}/u.test(word);
  const inCapitals = word.length > 1 && word === word.toUpperCase() && capital;
  return {
    ...{ kind: 'word', from: at, to: at + word.length, text, stem: stem(bare), forms: formsOf(bare) },
    content: !stop && !NEGATIONS.has(text),
    negation: NEGATIONS.has(text) || /n't$/.test(text),
    name: !stop && (inCapitals || (capital && !first)),
  };
}

/** What an adverb or a comparative was made of: quick, probable, easy, big. */
function adjectivesOf(word: string): readonly string[] {
  const base = /^(.{3,})(?:ly|er|est)$/.exec(word)?.[1];
  if (base === undefined) return [];
  return [base, base.replace(/i$/, 'y'), base.replace(/(.)\1$/, '$1'), `${base}le`, `${base}e`];
}

function formsOf(word: string): readonly string[] {
  const base = stem(word);
  return [...new Set([word, base, `${base}e`, word.replace(/s$/, ''), ...adjectivesOf(word)])].filter((form) =>
    GROUPS.has(form),
  );
}

/** Whether nothing but marks stands between the word and the start or the end of a sentence before it. */
function startsSentence(text: string, at: number): boolean {
  const before = text.slice(0, at).replace(/["'“‘(*_\-\s]+$/, '');
  return before === '' || /[.!?…。！？]$/.test(before);
}

/** Where 不 and its like stand inside words that deny nothing. */
function harmlessNegations(text: string): ReadonlySet<number> {
  const at = new Set<number>();
  for (const { index, 0: word } of text.matchAll(NOT_NEGATIONS)) {
    for (let place = index; place < index + word.length; place += 1) at.add(place);
  }
  return at;
}

/** A numeral, a word of the lexicon, or a single character. */
function readHan(text: string, at: number, to: number, harmless: ReadonlySet<number>, push: Push): number {
  CHINESE_NUMERAL.lastIndex = at;
  const numerals = CHINESE_NUMERAL.exec(text)?.[0].slice(0, to - at);
  if (numerals !== undefined) {
    const end = at + numerals.length;
    const ordinal = text.charAt(at - 1) === '第';
    const counted = numerals.length > 1 || ordinal || MEASURES.has(text.charAt(end)) || /^\d/.test(text.slice(end));
    const value = counted ? readChinese(numerals) : undefined;
    if (value !== undefined) {
      const name = attachedUnit(text, end, to);
      const vague = numerals === '一' || (numerals.length === 1 && !MEASURES.has(text.charAt(end)));
      push({ kind: 'number', from: at, to: end + name.length, content: true, quantity: quantity(value, name), vague });
      return end + name.length;
    }
  }
  const word = wordAt(text, at);
  if (word !== undefined && at + word.length <= to) {
    push({ kind: 'han', from: at, to: at + word.length, content: true });
    return at + word.length;
  }
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  const negation = NEGATION_CHARACTERS.has(character) && !harmless.has(at);
  const content = !negation && !FUNCTION_CHARACTERS.has(character);
  push({ kind: 'han', from: at, to: at + character.length, content, negation });
  return at + character.length;
}
