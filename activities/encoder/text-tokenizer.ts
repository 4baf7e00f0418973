import { readFileSync } from 'node:fs';
import * as library from '@huggingface/tokenizers';
import * as z from 'zod';
import { failure } from '../errors';

// The library's own declarations import from paths that only its build knows, so they resolve to nothing: the part that
// is used is declared here.
const { Tokenizer } = library as unknown as {
  Tokenizer: new (
    tokenizer: object,
    config: object,
  ) => {
    encode(text: string, options?: { add_special_tokens: boolean }): { ids: number[] };
  };
};

// A BERT without a stated limit has 512 positions.
const DEFAULT_LIMIT = 512;
// Characters read for each token that is wanted: three times what a token of prose has, so one attempt nearly always does.
const CHARS_PER_TOKEN = 16;

/** Token ids of texts, framed by the model's special tokens and cut to its limit. */
export class TextTokenizer {
  /** Longest input of the model in tokens, the special ones included. */
  readonly limit: number;
  private readonly tokenizer: InstanceType<typeof Tokenizer>;
  private readonly before: readonly number[];
  private readonly after: readonly number[];

  /** @param path a tokenizer.json; its truncation length is the limit, its padding is not used. */
  constructor(path: string) {
    const { tokenizer, limit, bare, framed } = opened(path);
    this.tokenizer = tokenizer;
    this.limit = limit;
    const at = framed.indexOf(bare[0] ?? -1);
    this.before = framed.slice(0, at);
    this.after = framed.slice(at + bare.length);
  }

  /** Ids of the text's first tokens, as many as the limit lets through. */
  encode(text: string): number[] {
    const room = this.limit - this.before.length - this.after.length;
    return [...this.before, ...this.firstTokens(text, room), ...this.after];
  }

  /** Number of tokens of the whole text, without the special ones and without the limit. */
  count(text: string): number {
    return this.bare(text).length;
  }

  /**
   * Tokenising reads the whole text, of which the model sees a page at most. So only a beginning is read, up to a white
   * space, where every tokenizer starts a new token; more of it if that was too little.
   */
  private firstTokens(text: string, wanted: number): number[] {
    for (let chars = wanted * CHARS_PER_TOKEN; chars < text.length; chars *= 2) {
      const ids = this.bare(text.slice(0, lastSpace(text, chars)));
      if (ids.length >= wanted) return ids.slice(0, wanted);
    }
    return this.bare(text).slice(0, wanted);
  }

  private bare(text: string): number[] {
    return this.tokenizer.encode(text, { add_special_tokens: false }).ids;
  }
}

/** What is read of the file by us; the rest is the library's. */
const tokenizerFile = z.looseObject({
  truncation: z.looseObject({ max_length: z.int().positive() }).nullish(),
});

/** A tokenizer that has worked once, on a letter. @throws `ModelRefused` for a file that the library can not use. */
function opened(path: string) {
  const text = readFileSync(path, 'utf8');
  try {
    const file = tokenizerFile.parse(JSON.parse(text));
    const tokenizer = new Tokenizer(file, {});
    const bare = tokenizer.encode('a', { add_special_tokens: false }).ids;
    const framed = tokenizer.encode('a').ids;
    return { tokenizer, limit: file.truncation?.max_length ?? DEFAULT_LIMIT, bare, framed };
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw failure('ModelRefused', `${path} is no tokenizer that can be used: ${why}.`);
  }
}

/** Place of the last white space before `end`, or 0. */
function lastSpace(text: string, end: number): number {
  let at = end;
  while (at > 0 && !/\s/.test(text.charAt(at))) at--;
  return at;
}
