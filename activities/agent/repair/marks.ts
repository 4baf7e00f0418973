/** What the scanner of nearly-JSON goes by. */

/** Quotes, and what may close each. */
export const CLOSERS: Record<string, string> = {
  '"': '"',
  "'": "'",
  '`': '`',
  '“': '”“"',
  '”': '”"',
  '‘': "’‘'",
  '’': "’'",
  '«': '»',
  '「': '」',
};
/** What may follow a backslash, JSON's and two more. */
export const ESCAPES = new Map(
  Object.entries({ n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '"': '"', '\\': '\\', '/': '/', "'": "'", '`': '`' }),
);
/** Punctuation of Chinese and Japanese in place of JSON's. */
export const WIDE: Record<string, string> = {
  '：': ':',
  '，': ',',
  '｛': '{',
  '｝': '}',
  '［': '[',
  '］': ']',
  '、': ',',
};
/** Literals of Python and JavaScript. */
export const LITERALS = new Map(
  Object.entries({ True: 'true', False: 'false', None: 'null', undefined: 'null', TRUE: 'true', FALSE: 'false' }),
);
export const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/iu;
/** Quotes within a text that only brackets, commas or space part: more like the ends of two texts. */
export const PARTED = /["'`“”‘’][\s,，:：{}[\]]*["'`“”‘’]/u;
/** Where a bare word ends; the slashes of an address do not end it. */
export const WORD_END = /[,，}\]\n"“]|(?<!:)\/\//gu;
export const QUOTED_KEY = /^\s*(["'`“”‘])[^"'`“”‘’\n:{}[\],]{1,64}["'`“”‘’]\s*[:：]/u;
export const BARE_KEY = /^\s*[\p{L}_$][\p{L}\p{N}_$-]{0,63}\s*[:：]/u;

/** The text of a number as JSON writes it. */
export function numberText(word: string): string {
  const plain = word.replace(/^\+/u, '');
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/iu.test(plain) ? plain : String(Number(plain));
}
