import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkTexts } from '../../../activities/indexing/chunk';
import { contextOf, MAX_CONTEXT_TOKENS } from '../../../activities/indexing/context';
import { MAX_CHARS_PER_TOKEN } from '../../../activities/indexing/pieces';
import { count, countOne } from './count-tokens';

const chunkText = async (text: string, maxTokens = 16, overlapSentences = 1) =>
  (await chunkTexts([text], { maxTokens, overlapSentences }, count))[0] ?? [];
const contents = async (text: string, maxTokens?: number, overlap?: number) =>
  (await chunkText(text, maxTokens, overlap)).map(({ start, end }) => text.slice(start, end));

describe('chunkTexts', () => {
  it('keeps sentences whole and repeats the last one in the next chunk', async () => {
    const text = 'One two three four five six. Seven eight nine ten eleven. Twelve thirteen fourteen.';
    expect(await contents(text)).toEqual([
      'One two three four five six. Seven eight nine ten eleven.',
      'Seven eight nine ten eleven. Twelve thirteen fourteen.',
    ]);
  });

  it('repeats nothing when the overlap is 0', async () => {
    const text = 'One two three four five six. Seven eight nine ten eleven. Twelve thirteen fourteen.';
    expect((await contents(text, 16, 0)).at(-1)).toBe('Twelve thirteen fourteen.');
  });

  it('does not take a hard line break, an abbreviation or a version for the end of a sentence', async () => {
    const text = 'The tool, e.g. version 1.2.3 of it,\ncarries on here. Then a new sentence begins.';
    expect(await contents(text, 21, 0)).toEqual([
      'The tool, e.g. version 1.2.3 of it,\ncarries on here.',
      'Then a new sentence begins.',
    ]);
  });

  it('ends Chinese sentences at full-width stops, without any space', async () => {
    const text = '今天天气很好我们去公园。明天下雨就在家里看书。后天再说吧！';
    expect(await contents(text, 16, 0)).toEqual(['今天天气很好我们去公园。', '明天下雨就在家里看书。', '后天再说吧！']);
  });

  it('cuts a Chinese text without stops between characters', async () => {
    const text = '天地玄黄宇宙洪荒'.repeat(5);
    const parts = await contents(text, 16, 1);
    expect(parts.join('')).toBe(text);
    expect(Math.max(...parts.map(countOne))).toBe(16);
  });

  it('cuts a sentence that is too long between words', async () => {
    const text = Array.from({ length: 60 }, (_, at) => `w${at}`).join(' ');
    const parts = await contents(text);
    expect(parts.join(' ')).toBe(text);
    expect(Math.max(...parts.map(countOne))).toBe(16);
  });

  it('cuts a blob that a tokenizer takes for one token', async () => {
    const text = 'A'.repeat(10_000);
    const [chunks = []] = await chunkTexts([text], { maxTokens: 16, overlapSentences: 1 }, () =>
      Promise.resolve([1, 1, 1, 1, 1]),
    );
    expect(chunks.length).toBeGreaterThan(1);
    expect(Math.max(...chunks.map(({ start, end }) => end - start))).toBeLessThanOrEqual(16 * MAX_CHARS_PER_TOKEN);
  });

  it('never cuts a surrogate pair', async () => {
    const text = '😀'.repeat(2_000);
    for (const part of await contents(text, 16)) expect(part).not.toMatch(/\p{Surrogate}/u);
  });

  it('keeps a code block whole where it fits, whatever looks like a heading in it', async () => {
    const code = '```sh\n# not a heading\n\nnpm ci\n```';
    const text = `Intro sentence with quite a few words in it, really.\n\n${code}\n\nAfter.`;
    const chunks = await chunkText(text, 22, 0);
    expect(chunks.some(({ start, end }) => text.slice(start, end).includes(code))).toBe(true);
    expect(chunks.every(({ path }) => path.length === 0)).toBe(true);
  });

  it('cuts a longer code block at its lines', async () => {
    const text = `~~~\n${Array.from({ length: 12 }, (_, at) => `call(${at});`).join('\n')}\n~~~`;
    const parts = await contents(text, 16);
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts.slice(0, -1)) expect(part).toMatch(/(;|~~~)$/);
  });

  it('knows the headings above, in both Markdown styles', async () => {
    const body = 'Words that fill this section up to more than the half of it.';
    const text = `Guide\n=====\n${body}\n\n## Install ##\n${body}\n\n### Linux\n${body}\n\n## Use\n${body}`;
    const paths = (await chunkText(text, 21, 0)).map(({ path }) => path.join('/'));
    expect(paths).toEqual(['Guide', 'Guide/Install', 'Guide/Install/Linux', 'Guide/Use']);
  });

  it('puts small sections into one chunk, and no heading at the end of one', async () => {
    const text = '# A\nOne.\n# B\nTwo.\n# C\nThree words here that are long enough to go over.\n# D\nEnd.';
    const parts = await contents(text, 16, 0);
    expect(parts[0]).toBe('# A\nOne.\n# B\nTwo.');
    for (const part of parts) expect(part).not.toMatch(/# \w$/);
  });

  it('gives nothing for a blank text', async () => {
    expect(await chunkText(' \n\t\n\u00a0')).toEqual([]);
  });

  it('counts everything in one call when nothing is too long', async () => {
    let calls = 0;
    await chunkTexts(['One. Two.', '# H\n\nThree.\n\n- four'], { maxTokens: 16, overlapSentences: 1 }, (texts) => {
      calls += 1;
      return count(texts);
    });
    expect(calls).toBe(1);
  });
});

describe('chunkTexts, on any text', () => {
  const line = fc.oneof(
    fc.lorem({ maxCount: 30 }),
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.string({ unit: fc.constantFrom('天', '地', '。', '，', ' ', 'a', '！'), maxLength: 120 }),
    fc.constantFrom(
      '',
      '   ',
      '# Title',
      '### Sub',
      '---',
      '====',
      '```',
      '~~~js',
      '- item',
      '| a | b |',
      '1. one',
      '\u00a0',
      '\ufeff',
    ),
    fc.stringMatching(/^[A-Za-z0-9+/]{0,300}$/),
  );
  const document = fc.array(line, { maxLength: 25 }).map((parts) => parts.join('\n'));
  const settings = { maxTokens: fc.integer({ min: 16, max: 64 }), overlapSentences: fc.integer({ min: 0, max: 3 }) };

  it('covers all that is not blank, in order, within the limit, and the same each time', async () => {
    await fc.assert(
      fc.asyncProperty(document, fc.record(settings), async (text, chunking) => {
        const [chunks = []] = await chunkTexts([text], chunking, count);
        let covered = 0;
        let lastStart = -1;
        for (const [at, { ordinal, start, end }] of chunks.entries()) {
          const content = text.slice(start, end);
          expect(ordinal).toBe(at);
          expect(content).toBe(content.trim());
          expect(content).not.toBe('');
          expect(countOne(content)).toBeLessThanOrEqual(chunking.maxTokens);
          expect(content.length).toBeLessThanOrEqual(chunking.maxTokens * MAX_CHARS_PER_TOKEN);
          expect(start).toBeGreaterThan(lastStart);
          expect(text.slice(covered, start).trim()).toBe('');
          expect(end).toBeGreaterThan(covered);
          lastStart = start;
          covered = end;
        }
        expect(text.slice(covered).trim()).toBe('');
        expect(await chunkTexts([text], chunking, count)).toEqual([chunks]);
      }),
      { numRuns: 500 },
    );
  });

  it('cuts each text as if it were alone', async () => {
    const chunking = { maxTokens: 16, overlapSentences: 1 };
    await fc.assert(
      fc.asyncProperty(fc.array(document, { maxLength: 4 }), async (texts) => {
        const alone = await Promise.all(texts.map(async (text) => (await chunkTexts([text], chunking, count))[0]));
        expect(await chunkTexts(texts, chunking, count)).toEqual(alone);
      }),
    );
  });
});

describe('contextOf', () => {
  it('is the title and the headings, without repeating a first heading that is the title', () => {
    expect(contextOf('Guide', ['Guide', 'Install', 'Linux'])).toBe('Guide > Install > Linux');
    expect(contextOf('', ['Install'])).toBe('Install');
    expect(contextOf('', [])).toBe('');
  });

  it('is bounded, however long the headings are, and more so where a character is a token', () => {
    expect(contextOf('', ['x'.repeat(1000)])).toHaveLength(4 * MAX_CONTEXT_TOKENS);
    expect(contextOf('茶'.repeat(300), ['x'])).toBe('茶'.repeat(MAX_CONTEXT_TOKENS));
    expect(contextOf('😀'.repeat(300), [])).toBe('😀'.repeat(MAX_CONTEXT_TOKENS));
  });
});
