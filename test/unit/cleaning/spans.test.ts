import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cutSpans, restoreSpans } from '../../../activities/cleaning/spans/cut';
import { CUT, cutUnit, findPoor, POOR, type CutDocument } from '../../../activities/cleaning/spans/cut-unit';
import { findRepeats, FIRSTS, REPEATS } from '../../../activities/cleaning/spans/find-repeats';
import { Parts } from '../../../activities/cleaning/spans/parts';
import { signSpans } from '../../../activities/cleaning/spans/sign-unit';
import { SpanHashes } from '../../../activities/cleaning/spans/span-hashes';
import { BUCKETS, SPANS } from '../../../activities/cleaning/spans/span-file';
import { codePoints } from '../../../activities/cleaning/text/length';
import { Words } from '../../../activities/cleaning/text/words';
import { spanRulesOf, type RuleOverrides, type SpanKind, type SpanRules } from '../../../schemas/recipes';

const WORDING = { words: 'english', stopWords: [] } as const;
const rulesFor = (dropDuplicateSpans: SpanKind, more: RuleOverrides = {}): SpanRules =>
  spanRulesOf({ dropDuplicateSpans, ...more }) ?? expect.fail('no rules');

function partsOf(kind: SpanKind, text: string, wording: ConstructorParameters<typeof Words>[0] = WORDING): string[] {
  const parts = new Parts(kind, new Words(wording));
  parts.read(text);
  return Array.from({ length: parts.length }, (_, part) => text.slice(parts.starts.at(part), parts.ends.at(part)));
}

const KINDS: SpanKind[] = ['line', 'paragraph', 'sentences'];

describe('the parts of a text', () => {
  const text = '  One line.\r\n\tAnd one\u2028more. \n\n \nA new paragraph!   \nIts end';
  it('are its lines, without what is around them', () => {
    expect(partsOf('line', text)).toEqual(['One line.', 'And one', 'more.', 'A new paragraph!', 'Its end']);
  });

  it('are its paragraphs, which blank lines part', () => {
    expect(partsOf('paragraph', text)).toEqual(['One line.\r\n\tAnd one\u2028more.', 'A new paragraph!   \nIts end']);
  });

  it('are its sentences, as spaCy cuts them: abbreviations and quotes end none', () => {
    const prose = 'Mr. Ono came at 3.15 p.m. today.  "Where is it?" he asked. \n\nIt was here... Or 𝒏ot!! Yes';
    expect(partsOf('sentences', prose)).toEqual([
      'Mr. Ono came at 3.15 p.m. today.  "',
      'Where is it?"',
      'he asked.',
      'It was here... Or 𝒏ot!!',
      'Yes',
    ]);
  });

  it('are sentences of Chinese, too, where words are cut as Chinese', () => {
    expect(partsOf('sentences', '今天很好。我们走吧！  好', { words: 'chinese', stopWords: [] })).toEqual([
      '今天很好。',
      '我们走吧！',
      '好',
    ]);
  });

  it.each(KINDS)('as %s hold every character of it but white space, once and in order', (kind) => {
    const texts = fc.array(fc.constantFrom('a', '.', '!', '"', '𝒏', ' ', '\n', '\r\n', '\u2028', 'é', '。'));
    fc.assert(
      fc.property(texts, (characters) => {
        const whole = characters.join('');
        expect(partsOf(kind, whole).join('').replace(/\s/g, '')).toBe(whole.replace(/\s/g, ''));
      }),
    );
  });
});

describe('the hashes of spans', () => {
  const of = (text: string, rules = rulesFor('line')) => {
    const found: string[] = [];
    new SpanHashes(rules, new Words(WORDING)).of(text, (_first, high, low) => found.push(`${high} ${low}`));
    return found;
  };

  it('are those of what is said, however it is spaced', () => {
    expect(of('one two  three\tfour five ')).toEqual(of('  one two three four five'));
  });

  it.each([
    'one two three four six',
    'one two three four Five',
    'one two three four five.',
    'one two threefour five x',
  ])('tell %j apart', (other) => expect(of(other)).not.toEqual(of('one two three four five')));

  it('tell apart what differs in a number alone, which near duplicates do not', () => {
    expect(new Set(of('the sum of it is 4\nthe sum of it is 5')).size).toBe(2);
  });

  it('leave out what says too little; a Chinese character is a word', () => {
    expect(of('}\nHome\nfour words are few\nfive words are a duplicate')).toHaveLength(1);
    expect(of('我们走吧\n我们去北京')).toHaveLength(1);
    expect(of('}\nHome', rulesFor('line', { minSpanWords: null }))).toHaveLength(2);
  });

  it('cover a number of sentences in a row', () => {
    const spans = of('One is this. Two is that. Three is here. Four is there.', rulesFor('sentences'));
    expect(spans).toHaveLength(2);
    expect(of('Two is that. Three is here. Four is there.', rulesFor('sentences'))).toEqual(spans.slice(1));
    expect(of('One is this. Two is that.', rulesFor('sentences'))).toEqual([]);
  });
});

describe('cutting a text', () => {
  it('keeps where each cut stood, so that the text can be put together again', () => {
    const lines = fc.array(fc.constantFrom('one', 'two 𝒏', '', '  ', 'three', 'é𝒏𝒏'), { maxLength: 12 });
    const marks = fc.array(fc.nat(11), { maxLength: 6 });
    fc.assert(
      fc.property(lines, marks, fc.integer({ min: 1, max: 3 }), (made, repeats, length) => {
        const text = made.join('\n');
        const parts = new Parts('line', new Words(WORDING));
        parts.read(text);
        const spans = repeats.filter((first) => first + length <= parts.length);
        const { text: left, cuts, parts: count } = cutSpans(text, parts, length, { repeats: spans, firsts: [] });
        expect(restoreSpans(left, cuts)).toBe(text);
        for (const cut of cuts) expect([...text].slice(cut.start).join('').startsWith(cut.text)).toBe(true);
        expect(count).toBe(new Set(spans.flatMap((first) => Array.from({ length }, (_, n) => first + n))).size);
        if (spans.includes(0)) expect(left).not.toMatch(/^\s+\S/);
      }),
    );
  });
});

let scratch: string;
beforeAll(() => void (scratch = mkdtempSync(path.join(tmpdir(), 'spans-'))));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Runs the phases over files as the activities do; what each document is after, null for one that is dropped. */
async function cutAll(docs: string[], rules: SpanRules, unitSize: number, partCount: number) {
  const dir = mkdtempSync(path.join(scratch, 'run-'));
  const silent = () => undefined;
  const units: { kept: string; count: number; dir: string }[] = [];
  for (let start = 0; start < docs.length; start += unitSize) {
    const texts = docs.slice(start, start + unitSize);
    const own = path.join(dir, `unit-${units.length}`);
    mkdirSync(own);
    const lines = texts.map((text, ordinal) => `${JSON.stringify({ ordinal, text, chars: codePoints(text) })}\n`);
    writeFileSync(path.join(own, 'kept'), lines.join(''));
    const unit = { kept: path.join(own, 'kept'), count: texts.length, dir: own };
    await signSpans({ ...unit, dropped: [], rules, wording: WORDING }, silent);
    units.push(unit);
  }
  const match = (name: string, poor: boolean) => {
    const signed = units.map(({ dir: own }) => ({
      spans: path.join(own, SPANS),
      buckets: path.join(own, BUCKETS),
      ...(poor ? { without: path.join(own, POOR) } : {}),
    }));
    const parts = Array.from({ length: partCount }, (_, part) => {
      const out = path.join(dir, `${name}-${part}`);
      mkdirSync(out);
      findRepeats({ units: signed, part, parts: partCount, dir: out }, silent);
      return out;
    });
    return (pairs: string) =>
      parts.map((out) => ({ pairs: path.join(out, `${pairs}.bin`), index: path.join(out, `${pairs}.index`) }));
  };
  const first = match('repeats', false);
  const tasks = units.map(({ kept, count, dir: own }, unit) => {
    const found = { repeats: first(REPEATS), firsts: first(FIRSTS) };
    return { kept, count, unit, ...found, rules, wording: WORDING, dir: own };
  });
  for (const task of tasks) await findPoor(task, silent);
  const anew = match('recount', true);
  const after: (string | null)[] = [...docs];
  for (const [unit, task] of tasks.entries()) {
    const found = { repeats: anew(REPEATS), firsts: [...task.firsts, ...anew(FIRSTS)] };
    const { dropped } = await cutUnit({ ...task, ...found, poor: path.join(task.dir, POOR) }, silent);
    for (const ordinal of dropped) after[unit * unitSize + ordinal] = null;
    const lines = readFileSync(path.join(task.dir, CUT), 'utf8').split('\n').filter(Boolean);
    for (const { ordinal, cut_text } of lines.map((line) => JSON.parse(line) as CutDocument)) {
      after[unit * unitSize + ordinal] = cut_text;
    }
  }
  rmSync(dir, { recursive: true });
  return after;
}

/** The same by comparing every span with every other; sentences of a document as a list. */
function byComparison(docs: string[][], length: number): string[][] {
  const keyOf = (doc: string[], first: number) => doc.slice(first, first + length).join(' ');
  const places = new Map<string, [number, number][]>();
  docs.forEach((doc, number) => {
    for (let first = 0; first + length <= doc.length; first++) {
      places.set(keyOf(doc, first), [...(places.get(keyOf(doc, first)) ?? []), [number, first]]);
    }
  });
  const goes = docs.map((doc) => doc.map(() => false));
  const repeated = [...places.values()].filter((all) => all.length > 1);
  for (const [, ...others] of repeated) for (const [doc, first] of others) goes[doc]?.fill(true, first, first + length);
  for (const [[doc, first] = [0, 0]] of repeated) goes[doc]?.fill(false, first, first + length);
  return docs.map((doc, number) => doc.filter((_, part) => !goes[number]?.[part]));
}

describe('what stands in more than one place', () => {
  const sentence = fc.constantFrom(...'abcdef').map((letter) => `This is what ${letter} says of it.`);
  const corpora = fc.array(fc.array(sentence, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 8 });
  const LEFT = { minWordsLeft: null, minSentencesLeft: null };
  const CASES: [SpanKind, SpanRules, string][] = [
    ['line', rulesFor('line', LEFT), '\n'],
    ['paragraph', rulesFor('paragraph', LEFT), '\n\n'],
    ['sentences', rulesFor('sentences', LEFT), ' '],
  ];

  it.each(CASES)(
    'as %s is cut as comparing all with all says, however it is cut into units and parts',
    async (_kind, rules, blank) => {
      await fc.assert(
        fc.asyncProperty(corpora, async (docs) => {
          const expected = byComparison(docs, rules.length).map((left) =>
            left.length === 0 ? null : left.join(blank),
          );
          const texts = docs.map((doc) => doc.join(blank));
          expect(await cutAll(texts, rules, 100, 1)).toEqual(expected);
          expect(await cutAll(texts, rules, 2, 7)).toEqual(expected);
        }),
        { numRuns: 25 },
      );
    },
  );

  it.each(CASES)(
    'as %s stays whole where it stands first, and goes nowhere else than where it stood before',
    async (_kind, rules, blank) => {
      const { length } = rules;
      await fc.assert(
        fc.asyncProperty(corpora, async (docs) => {
          const after = await cutAll(
            docs.map((doc) => doc.join(blank)),
            rules,
            3,
            4,
          );
          const seen = new Set<string>();
          docs.forEach((doc, number) => {
            const left = after[number] ?? '';
            const known = doc.map(() => false);
            for (let first = 0; first + length <= doc.length; first++) {
              const span = doc.slice(first, first + length).join(blank);
              if (seen.has(span)) known.fill(true, first, first + length);
              // What is first of all and has others later is there, whatever else of the document has gone.
              const isRepeated = docs.some((other, n) => n > number && other.join(blank).includes(span));
              if (!seen.has(span) && isRepeated) expect(left).toContain(span);
              seen.add(span);
            }
            for (const [part, text] of doc.entries()) if (!known[part]) expect(left).toContain(text);
          });
        }),
        { numRuns: 25 },
      );
    },
  );

  it.each(CASES)('as %s is cut only where it stands whole in a document that stays', async (_kind, rules, blank) => {
    const poor = { ...rules, minSentencesLeft: 3 };
    await fc.assert(
      fc.asyncProperty(corpora, async (docs) => {
        const texts = docs.map((doc) => doc.join(blank));
        const after = await cutAll(texts, poor, 2, 3);
        expect(await cutAll(texts, poor, 100, 1)).toEqual(after);
        docs.forEach((doc, number) => {
          const left = after[number];
          if (left == null || left === texts[number]) return;
          expect(left.split(blank).length).toBeGreaterThanOrEqual(3);
          const before = after.slice(0, number).filter((other) => other != null);
          // Each sentence of which the document has fewer than it had stands in one before it, or still in itself.
          for (const text of doc) expect([...before, left].some((other) => other.includes(text))).toBe(true);
        });
      }),
      { numRuns: 25 },
    );
  });

  it('is left out with a document of which too little is left', async () => {
    const own = 'Ten words of its own are in this one here.';
    const shared = 'What the two of them share is this sentence.';
    const cut = (more: RuleOverrides) =>
      cutAll([shared, `${own}\n${shared}`], rulesFor('line', { ...LEFT, ...more }), 1, 1);
    expect(await cut({ minWordsLeft: 10 })).toEqual([shared, own]);
    expect(await cut({ minWordsLeft: 11 })).toEqual([shared, null]);
    expect(await cut({ minSentencesLeft: 1 })).toEqual([shared, own]);
    expect(await cut({ minSentencesLeft: 2 })).toEqual([shared, null]);
    // The second document goes, so the third has nobody to leave its sentence to.
    const other = 'This one stands in the second and in the third.';
    const docs = [shared, `${shared}\n${other}`, `${own}\n${own.replace('own', 'very own')}\n${other}`];
    expect(await cutAll(docs, rulesFor('line', { ...LEFT, minSentencesLeft: 2 }), 2, 2)).toEqual([
      shared,
      null,
      docs[2],
    ]);
  });
});
