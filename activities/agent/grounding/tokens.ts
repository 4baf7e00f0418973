import { FUNCTION_CHARACTERS, NEGATION_CHARACTERS, NOT_NEGATIONS, WORDS } from './lexicon/chinese';
import { GROUPS, NEGATIONS, STOP_WORDS } from './lexicon/english';
import {
  ATTACHED_UNITS,
  CHINESE_NUMERAL,
  chineseScale,
  englishNumeral,
  isUnit,
  MEASURES,
  monthOf,
  type Quantity,
  quantity,
  readChinese,
  readEnglish,
} from './numbers';
import { stem } from './stem';

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
export function readTokens(original: string, from = 0, to = original.length): Token[] {
  const text = plain(original);
  const harmless = harmlessNegations(text);
  const tokens: Token[] = [];
  const match = (pattern: RegExp, at: number) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    return found !== undefined && at + found.length <= to ? found : undefined;
  };
  const push = (token: Partial<Token> & Pick<Token, 'kind' | 'from' | 'to'>) => {
    const written = text.slice(token.from, token.to).toLowerCase();
    tokens.push({ text: written, stem: written, forms: [], content: false, negation: false, name: false, ...token });
  };
  for (let at = from; at < to;) {
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
        push(readWord(word, at, startsSentence(text, at, from)));
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

/** What an adverb was made of: quick, probable, easy. */
function adjectivesOf(word: string): readonly string[] {
  const base = /^(.{3,})ly$/.exec(word)?.[1];
  return base === undefined ? [] : [base, base.replace(/i$/, 'y'), `${base}le`, `${base}e`];
}

function formsOf(word: string): readonly string[] {
  const base = stem(word);
  return [...new Set([word, base, `${base}e`, word.replace(/s$/, ''), ...adjectivesOf(word)])].filter((form) =>
    GROUPS.has(form),
  );
}

/** Whether nothing but marks stands between the word and the start or the end of a sentence before it. */
function startsSentence(text: string, at: number, from: number): boolean {
  const before = text.slice(from, at).replace(/["'“‘(*_\-\s]+$/, '');
  return before === '' || /[.!?:…。！？：]$/.test(before);
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
  const word = WORDS.find((known) => text.startsWith(known, at) && at + known.length <= to);
  if (word !== undefined) {
    push({ kind: 'han', from: at, to: at + word.length, content: true });
    return at + word.length;
  }
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  const negation = NEGATION_CHARACTERS.has(character) && !harmless.has(at);
  const content = !negation && !FUNCTION_CHARACTERS.has(character);
  push({ kind: 'han', from: at, to: at + character.length, content, negation });
  return at + character.length;
}

/** Joins number words to one number, and a number with the unit or the month beside it. */
function joinEnglishNumbers(tokens: readonly Token[]): Token[] {
  const joined: Token[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (!token) break;
    const run = numeralRun(tokens, at);
    if (run > 0) {
      const words = tokens.slice(at, at + run);
      const vague = run === 1 && token.text === 'one';
      const value = readEnglish(words.map(({ text }) => text));
      joined.push({
        ...token,
        kind: 'number',
        to: words.at(-1)?.to ?? token.to,
        content: !vague,
        vague,
        quantity: quantity(value),
      });
      at += run - 1;
    } else joined.push(token);
  }
  for (const [at, token] of joined.entries()) withNeighbours(token, joined[at - 1], joined[at + 1], joined[at + 2]);
  return joined.filter((token) => token.to > token.from);
}

/** How many tokens from there on are one number in words. */
function numeralRun(tokens: readonly Token[], at: number): number {
  let run = 0;
  while (tokens[at + run]?.kind === 'word') {
    const numeral = englishNumeral(tokens[at + run]?.text ?? '');
    const scaled = run === 0 ? numeral && !numeral.scale : numeral;
    if (scaled) run += 1;
    else if (run > 0 && tokens[at + run]?.text === 'and' && englishNumeral(tokens[at + run + 1]?.text ?? '')) run += 1;
    else break;
  }
  // "three and four" are two numbers.
  for (let place = at + 1; place < at + run - 1; place += 1) {
    const scaleBefore = englishNumeral(tokens[place - 1]?.text ?? '')?.scale;
    if (tokens[place]?.text === 'and' && !scaleBefore) return place - at;
  }
  return run;
}

/** Gives a number the unit that the next word names, and a month beside a number its number. */
function withNeighbours(token: Token, before?: Token, after?: Token, second?: Token): void {
  const month = token.kind === 'word' ? monthOf(token.text) : undefined;
  const dated = (neighbour?: Token) => neighbour?.kind === 'number' && neighbour.quantity?.unit === '';
  if (month !== undefined && (dated(before) || dated(after) || (token.name && token.text !== 'may'))) {
    Object.assign(token, { kind: 'number', content: true, name: false, quantity: { value: month, unit: 'month' } });
    return;
  }
  if (token.kind !== 'number' || token.quantity?.unit !== '' || after?.kind !== 'word') return;
  const scale = englishNumeral(after.text);
  if (scale?.scale) {
    // "3 million": the word is taken into the number.
    token.quantity = quantity(token.quantity.value * scale.value, second && takeUnit(second));
    token.to = after.to;
    Object.assign(after, { to: after.from });
    return;
  }
  const counted = after.content && second?.kind === 'word' && !after.quantity ? takeUnit(second) : '';
  // "five working days" counts days.
  token.quantity = quantity(token.quantity.value, takeUnit(after) || counted);
}

/** The unit that a word names, which then says nothing by itself any more; '' where it names none. */
function takeUnit(word: Token): string {
  const name = [word.text, word.text.replace(/s$/, ''), word.stem, `${word.stem}e`].find(isUnit);
  if (name !== undefined) Object.assign(word, { content: false, name: false });
  return name ?? '';
}
