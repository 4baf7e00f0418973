import fc from 'fast-check';

/** Levels that a reader which calls itself for each would not survive. */
const DEEP = 100_000;
/** Characters that a pattern which tries every way would not get through. */
const LONG = 100_000;

/** What people have sent to parsers to make them fall: https://github.com/minimaxir/big-list-of-naughty-strings, OWASP, JSONTestSuite. */
export const HOSTILE: readonly (readonly [name: string, text: string])[] = [
  ['nothing', ''],
  ['blanks', ' \t\r\n'],
  ['null', 'null'],
  ['a number', '42'],
  ['a text', '"text"'],
  ['an empty list', '[]'],
  ['an empty object', '{}'],
  ['a list of nulls', '[null,null]'],
  ['half an object', '{"a":'],
  ['a trailing comma', '{"a":1,}'],
  ['deep lists', '['.repeat(DEEP)],
  ['deep lists, closed', `${'['.repeat(DEEP)}${']'.repeat(DEEP)}`],
  ['deep objects', '{"a":'.repeat(DEEP)],
  ['deep objects, closed', `${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}`],
  ['a prototype', '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'],
  ['names of methods', '{"toString":1,"valueOf":2,"hasOwnProperty":3,"then":4,"length":-1,"toJSON":5}'],
  ['numbers beyond all', '{"id":1e400,"n":-1e400,"text":99999999999999999999999999}'],
  ['names twice', '{"id":"a","id":{"b":1},"text":"x","text":[1]}'],
  ['a byte order mark', '\ufeff{"id":"a","text":"x"}'],
  ['NUL', '{"id":"a\\u0000b","text":"\\u0000"}\0'],
  ['lone surrogates', '{"id":"\\ud800","text":"\\udfff\\ud83d"}'],
  ['a long text', `{"id":"${'x'.repeat(LONG)}","text":"${'y'.repeat(LONG)}"}`],
  ['many names', `{${Array.from({ length: 10_000 }, (_, at) => `"k${at}":${at}`).join(',')}}`],
  ['long blanks', ' '.repeat(LONG) + 'x'],
  ['long quotes', '"'.repeat(LONG)],
  ['long backslashes', '\\'.repeat(LONG)],
  ['long brackets', '{}'.repeat(LONG / 2)],
  ['long dashes', `---\n${'- '.repeat(LONG / 2)}`],
  ['long words', 'a'.repeat(LONG) + '!'],
  ['long digits', '9'.repeat(LONG)],
  ['long colons', 'a:'.repeat(LONG / 2)],
  ['a page', '<html><body><p>Bad gateway</p></body></html>'],
  // The first of what has been a billion laughs; readers of YAML count aliases.
  [
    'aliases of aliases',
    [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefghij'
        .split('')
        .map(
          (name, at) => `${name}: &${name} [${`*${'abcdefghij'.charAt(at)},`.repeat(8)}*${'abcdefghij'.charAt(at)}]`,
        ),
    ].join('\n'),
  ],
  // What a draw has found: an alias is looked up when its value is wanted, not when it is read.
  ['an alias of nothing', '- id: two\n  input: &x Why?\n  expected: *&ax\n'],
  [
    'aliases in a list',
    [
      '- &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefghij'
        .split('')
        .map((name, at) => `- &${name} [${`*${'abcdefghij'.charAt(at)},`.repeat(8)}*${'abcdefghij'.charAt(at)}]`),
    ].join('\n'),
  ],
];

const OPENERS = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ':',
  ',',
  '\\',
  '\n',
  '\r',
  '\0',
  '\ufeff',
  '\ud800',
  '{"__proto__":',
  '1e400',
  'null',
  '```',
  '<',
  '&a',
  '*a',
  '---',
  '\t',
];

/** A text that was right, cut, changed or added to at drawn places. */
const damagedText = (right: string): fc.Arbitrary<string> =>
  fc
    .array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        drop: fc.nat({ max: 12 }),
        add: fc.oneof(fc.constantFrom(...OPENERS), fc.string({ maxLength: 8, unit: 'binary' })),
      }),
      { minLength: 1, maxLength: 6 },
    )
    .map((changes) =>
      changes.reduce((text, { at, drop, add }) => {
        const place = Math.floor(at * text.length);
        return text.slice(0, place) + add + text.slice(place + drop);
      }, right),
    );

/** A value of any shape in the place of one that was right: what a reader meets whose JSON is whole, and not as it should be. */
const reshaped = (right: string): fc.Arbitrary<string> =>
  fc.tuple(fc.nat(), fc.jsonValue({ maxDepth: 3 })).map(([at, value]) => {
    let parsed: unknown;
    try {
      parsed = JSON.parse(right);
    } catch {
      return JSON.stringify(value);
    }
    const places: [holder: Record<string, unknown>, key: string][] = [];
    const walk = (holder: unknown): void => {
      if (typeof holder !== 'object' || holder === null) return;
      for (const key of Object.keys(holder)) {
        places.push([holder as Record<string, unknown>, key]);
        walk((holder as Record<string, unknown>)[key]);
      }
    };
    walk(parsed);
    const place = places[at % Math.max(1, places.length)];
    if (!place) return JSON.stringify(value);
    place[0][place[1]] = value;
    return JSON.stringify(parsed);
  });

/** Texts like the right ones, and any others. */
export const textsLike = (right: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    ...right.flatMap((text) => [damagedText(text), reshaped(text)]),
    fc.json(),
    fc.string({ unit: 'binary', maxLength: 200 }),
  );
