import { BARE_KEY, CLOSERS, ESCAPES, LITERALS, NUMBER, numberText, PARTED, QUOTED_KEY, WIDE, WORD_END } from './marks';

/**
 * A reader of nearly-JSON that says where a value ends, how it ends, and what it says in clean JSON as far as strings go:
 * quotes of any kind, quotes within quotes, raw line ends, comments, Python's literals and bare words. What is missing
 * between tokens (commas, closing brackets) is left to jsonrepair. Where text could be read in two ways it says so.
 */
export interface Scanned {
  /** The value as text whose strings and words are JSON's. */
  json: string;
  /** Place behind its last character. */
  end: number;
  /** Whether it was closed; if not, what its open brackets are, outermost first, with the key that each is in. */
  closed: boolean;
  open: { bracket: '{' | '['; key: string | null }[];
  /** What stood last in a value that was not closed: only after a whole value is what came before known. */
  ending: 'value' | 'string' | 'word' | 'between';
  /** Whether something that is no part of it follows: then it was left open, not cut off. */
  left: boolean;
  /** Why it could mean something else. */
  doubt: string | null;
}

/** Levels of brackets that are followed; no arguments of a tool have as many. */
export const DEEPEST = 64;

class Scanner {
  private out = '';
  private at: number;
  private readonly open: {
    bracket: '{' | '[';
    key: string | null;
    pending: string | null;
    keys: Set<string>;
    parted: Set<string>;
  }[] = [];
  private ending: Scanned['ending'] = 'between';
  private doubt: string | null = null;
  /** In an object: whether the next token is a key. */
  private expectsKey = false;
  private left = false;
  /** A colon came and no value yet, or the bracket of a list and no item. */
  private awaits: 'value' | 'item' | null = null;

  constructor(
    private readonly text: string,
    start: number,
  ) {
    this.at = start;
  }

  run(): Scanned {
    const { text } = this;
    while (this.at < text.length && !this.left && this.open.length <= DEEPEST) {
      const raw = text[this.at]!;
      const char = WIDE[raw] ?? raw;
      const rest = text.slice(this.at, this.at + 4);
      if (/\s/u.test(char)) this.copy(char);
      else if (/^(?:```|<\/|<\|)/u.test(rest)) this.left = true;
      else if (rest.startsWith('//') || (char === '#' && /[\s,{[]/u.test(text[this.at - 1] ?? ' '))) this.skipTo('\n');
      else if (rest.startsWith('/*')) this.skipTo('*/');
      else if (char in CLOSERS) {
        this.comma();
        this.string(char);
      } else if (char === '{' || char === '[') {
        const parent = this.open[this.open.length - 1];
        this.open.push({
          bracket: char,
          key: parent?.pending ?? null,
          pending: null,
          keys: new Set(),
          parted: new Set(),
        });
        this.expectsKey = char === '{';
        this.ending = 'between';
        this.copy(char);
      } else if (char === '}' || char === ']') {
        if (this.awaits === 'value') this.doubt ??= 'a value is missing';
        if (this.close(char)) return this.result(true);
      } else if (char === ',') {
        if (this.awaits !== null) this.doubt ??= 'a value is missing';
        this.mark('commas');
        this.expectsKey = this.open[this.open.length - 1]?.bracket === '{';
        this.ending = 'between';
        this.copy(char);
      } else if (char === ':') {
        this.expectsKey = false;
        this.ending = 'between';
        this.copy(char);
        this.awaits = 'value';
        continue;
      } else if (char === '+' && /^\+\s*["'`]/u.test(text.slice(this.at))) {
        this.ending = 'between';
        this.copy(char);
      } else this.word();
      if (!/\s/u.test(char)) this.awaits = char === '[' ? 'item' : null;
    }
    return this.result(false);
  }

  private result(closed: boolean): Scanned {
    const open = this.open.map(({ bracket, key }) => ({ bracket, key }));
    return { json: this.out, end: this.at, closed, open, ending: this.ending, left: this.left, doubt: this.doubt };
  }

  private copy(char: string): void {
    this.out += char;
    this.at += 1;
  }

  /** By what the items of a list are parted: by two things, and a number that was torn in two looks like two. */
  private mark(by: 'commas' | 'lines'): void {
    const frame = this.open[this.open.length - 1];
    if (frame?.bracket !== '[') return;
    frame.parted.add(by);
    if (frame.parted.size > 1) this.doubt ??= 'a list is parted by commas and by lines';
  }

  /** A comma that was left out between two values. */
  private comma(): void {
    if (this.ending !== 'value' || this.open.length === 0) return;
    this.mark('lines');
    this.out += ',';
    this.expectsKey = this.open[this.open.length - 1]!.bracket === '{';
    this.ending = 'between';
  }

  private skipTo(mark: string): void {
    const found = this.text.indexOf(mark, this.at);
    this.at = found === -1 ? this.text.length : found + (mark === '\n' ? 0 : mark.length);
  }

  /** Closes brackets up to the one that is meant; true when the value is whole. */
  private close(char: '}' | ']'): boolean {
    const bracket = char === '}' ? '{' : '[';
    if (!this.open.some((frame) => frame.bracket === bracket)) {
      this.at += 1; // a stray one
      return false;
    }
    let frame = this.open.pop();
    while (frame && frame.bracket !== bracket) {
      this.out += frame.bracket === '{' ? '}' : ']';
      frame = this.open.pop();
    }
    this.copy(char);
    this.ending = 'value';
    this.expectsKey = false;
    return this.open.length === 0;
  }

  private sawKey(key: string): void {
    const frame = this.open[this.open.length - 1];
    if (!frame) return;
    if (frame.keys.has(key)) this.doubt ??= `"${key}" is given twice`;
    frame.keys.add(key);
    frame.pending = key;
  }

  /** Whether a quote at `at` ends the string, by what follows it. */
  private ends(at: number, isKey: boolean): boolean {
    const rest = this.text.slice(at + 1, at + 400);
    const next = /^\s*(\S)/u.exec(rest)?.[1];
    if (next === undefined) return true;
    if (isKey) return next === ':' || next === '：';
    const inObject = this.open[this.open.length - 1]?.bracket === '{';
    if (next === ',' || next === '，') {
      const behind = rest.replace(/^\s*[,，]/u, '');
      if (!inObject) return /^\s*(?:["'`“”‘’«「{[\d\-\]}tfnTFN]|$|\/\/|#)/u.test(behind);
      return (
        QUOTED_KEY.test(behind) ||
        BARE_KEY.test(behind) ||
        /^\s*(?:[}\]]|$|\/\/|\/\*|#|["'`“‘][^"'`“‘’”:]*$)/u.test(behind)
      );
    }
    if (next === '}' || next === ']') {
      // Within an outer value something of it must follow; after the last bracket anything may.
      const brackets = /^\s*([}\]\s]+)/u.exec(rest)![1]!.replace(/\s/gu, '').length;
      const behind = rest.replace(/^\s*[}\]\s]+/u, '');
      if (brackets >= this.open.length || behind === '' || /^[,，"'`“‘/#]/u.test(behind)) return true;
      // Prose behind brackets that are not all there; with another quote in it the string could go on to that.
      return !/["'`”’]/u.test(behind);
    }
    if (next === '/' || next === '#') return /^\s*(?:\/\/|\/\*|#\s)/u.test(rest);
    if (next === '+') return /^\s*\+\s*["'`]/u.test(rest);
    if (rest.startsWith('\n```') || /^\s*<\/|^\s*```\s*$|^\s*<\|/u.test(rest)) return true;
    if (!inObject) return /^\s*\n\s*["'`“”‘’«「]/u.test(rest);
    return QUOTED_KEY.test(rest);
  }

  private string(opener: string): void {
    const { text } = this;
    const isKey = this.expectsKey;
    const triple = (opener === '"' || opener === "'") && text.startsWith(opener.repeat(3), this.at);
    const closers = CLOSERS[opener]!;
    let value = '';
    let inner = 0;
    this.at += triple ? 3 : 1;
    for (;;) {
      const char = text[this.at];
      if (char === undefined) {
        this.ending = 'string';
        break;
      }
      if (char === '\\') {
        value += this.escape();
        continue;
      }
      if (triple ? text.startsWith(opener.repeat(3), this.at) : closers.includes(char) && this.ends(this.at, isKey)) {
        this.at += triple ? 3 : 1;
        this.ending = isKey ? 'between' : 'value';
        if (inner > 0 && this.couldEndElsewhere(value, opener, inner)) {
          this.doubt ??= 'a string has quotes in it that could end it elsewhere';
        }
        break;
      }
      // An apostrophe within a word ends nothing.
      const apostrophe = /['’]/u.test(char) && /^\p{L}['’]\p{L}/u.test(text.slice(this.at - 1, this.at + 3));
      if (closers.includes(char) && !apostrophe) inner += 1;
      const code = char.charCodeAt(0);
      if (code >= 32 || char === '\n' || char === '\t' || char === '\r') value += char;
      this.at += 1;
    }
    if (isKey) {
      this.sawKey(value);
      this.expectsKey = false;
    }
    this.out += JSON.stringify(value);
  }

  /** Whether a string with `inner` quotes in it, just read, could as well be cut elsewhere: into two, or further on. */
  private couldEndElsewhere(value: string, opener: string, inner: number): boolean {
    if (this.open[this.open.length - 1]?.bracket === '[' || PARTED.test(value)) return true;
    if (/["“”«»「」]/u.test(opener) && inner % 2 === 1) return true;
    const behind = this.text.slice(this.at);
    return /^\s*[}\]]/u.test(behind) && new RegExp(`[${CLOSERS[opener]!}]\\s*[}\\]]`, 'u').test(behind);
  }

  /** What a backslash and what follows it stand for. */
  private escape(): string {
    const { text } = this;
    const next = text[this.at + 1];
    this.at += 2;
    if (next === undefined) return '';
    if (next === 'u') {
      const hex = /^[0-9a-f]{4}/iu.exec(text.slice(this.at))?.[0];
      if (hex !== undefined) {
        this.at += 4;
        return String.fromCharCode(parseInt(hex, 16));
      }
    }
    // A path or a pattern that was not escaped: its "\n" may be two characters, or one.
    const plain = ESCAPES.get(next);
    if (plain === undefined) this.doubt ??= `"\\${next}" is no escape of JSON`;
    return plain ?? `\\${next}`;
  }

  /** A bare word: a literal, a number, a key without quotes, or a value without quotes. */
  private word(): void {
    const { text } = this;
    const from = this.at;
    if (text.startsWith('...', from) || text[from] === '…') {
      this.doubt ??= 'something was left out with "..."';
      this.at += text[from] === '…' ? 1 : 3;
      return;
    }
    if (BARE_KEY.test(text.slice(from, from + 80)) && this.open[this.open.length - 1]?.bracket === '{') this.comma();
    const key = this.expectsKey ? BARE_KEY.exec(text.slice(from, from + 80))?.[0] : undefined;
    if (key !== undefined) {
      const name = key.replace(/\s*[:：]$/u, '');
      this.sawKey(name);
      this.out += JSON.stringify(name);
      this.at += key.length - 1;
      this.expectsKey = false;
      this.ending = 'between';
      return;
    }
    if (/^[rfbu]["']/iu.test(text.slice(from, from + 2))) {
      this.at += 1; // Python's prefix of a string
      return;
    }
    if (
      this.ending === 'value' &&
      this.open[this.open.length - 1]?.bracket === '[' &&
      /\n\s*$/u.test(text.slice(Math.max(0, from - 200), from))
    ) {
      this.comma(); // an item a line
    }
    if (this.ending === 'value' && this.open.length > 0) {
      this.left = true; // prose behind a value that was not closed
      return;
    }
    WORD_END.lastIndex = from;
    const end = WORD_END.exec(text)?.index ?? text.length;
    const word = text.slice(from, end).trim();
    this.at = Math.max(from + 1, end);
    const literal = LITERALS.get(word) ?? (/^(?:true|false|null)$/u.test(word) ? word : undefined);
    const ended = this.at >= text.length && !/\s$/u.test(text.slice(-1));
    if (literal !== undefined) {
      this.out += literal;
      this.ending = 'value';
    } else if (NUMBER.test(word)) {
      if (/^[+-]?0\d|\.$/u.test(word)) this.doubt ??= `"${word}" is no number of JSON`;
      this.out += numberText(word);
      this.ending = ended ? 'word' : 'value';
    } else {
      if (this.expectsKey || this.open[this.open.length - 1]?.bracket === '[') this.doubt ??= `"${word}" stands alone`;
      this.out += JSON.stringify(word);
      this.ending = this.at >= text.length ? 'word' : 'value';
    }
  }
}

/** Scans the value that begins at `start`, a bracket. */
export const scan = (text: string, start: number): Scanned => new Scanner(text, start).run();
