import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkDocuments, type EmbeddableChunk } from '../../../activities/indexing/chunk-documents';
import { chunking, type Chunking } from '../../../schemas/chunking';
import { count, countOne } from './count-tokens';

const LIMIT = 256;
const MODEL = { limit: LIMIT, count };
const SPECIAL_TOKENS = 2;

const cut = async (text: string, options: object, { title = '', source = 'a.md' } = {}): Promise<EmbeddableChunk[]> => {
  const [chunks = []] = await chunkDocuments([{ id: 'a', source, title, text }], chunking.parse(options), MODEL);
  return chunks;
};
const texts = async (...of: Parameters<typeof cut>) => (await cut(...of)).map(({ record }) => record.text);

const FAQ = `# Help

Read this first.

## How do I install it?

Run npm ci.

### On Windows

Use WSL.

## What does it cost?

Nothing at all.

## License

Apache.`;

describe('pairs', () => {
  it('keeps each question with all of its answer, and cuts the rest as usual', async () => {
    expect(await texts(FAQ, { kind: 'pairs' })).toEqual([
      '# Help\n\nRead this first.',
      '## How do I install it?\n\nRun npm ci.\n\n### On Windows\n\nUse WSL.',
      '## What does it cost?\n\nNothing at all.',
      '## License\n\nApache.',
    ]);
  });

  it('embeds the question, alone where that is asked for', async () => {
    const both = await cut(FAQ, { kind: 'pairs' });
    expect(both[2]?.embedded).toBe('Help > What does it cost?\n## What does it cost?\n\nNothing at all.');
    const question = await cut(FAQ, { kind: 'pairs', embed: 'question' });
    expect(question.map(({ embedded }) => embedded)).toEqual([
      'Help\n# Help\n\nRead this first.',
      'Help > How do I install it?',
      'Help > What does it cost?',
      'Help > License\n## License\n\nApache.',
    ]);
  });

  it('takes a record of a question and its answer for one pair, in any language', async () => {
    const answer = '茶树的叶子。'.repeat(30);
    const [pair, ...others] = await cut(answer, { kind: 'pairs', embed: 'question' }, { title: '茶是什么？' });
    expect(others).toEqual([]);
    expect(pair).toMatchObject({ embedded: '茶是什么？', record: { text: answer, context: '茶是什么？' } });
  });

  it('takes the inner of nested questions, and no question without an answer', async () => {
    const nested = '# Why?\n\nBecause.\n\n## And how?\n\nLike this.\n\n## Really?\n\n## Yes\n\nOf course.';
    expect(await texts(nested, { kind: 'pairs' })).toEqual([
      '# Why?\n\nBecause.',
      '## And how?\n\nLike this.',
      '## Really?\n\n## Yes\n\nOf course.',
    ]);
  });

  it('cuts a pair that the model can not see whole, each part under its question', async () => {
    const answer = Array.from({ length: 80 }, (_, at) => `Sentence number ${at} of the answer.`).join(' ');
    const chunks = await cut(`# How long?\n\n${answer}`, { kind: 'pairs', embed: 'question' });
    expect(chunks.length).toBeGreaterThan(1);
    for (const { record, embedded } of chunks) {
      expect(record.context).toBe('How long?');
      expect(embedded).toBe(`How long?\n${record.text}`);
      expect(countOne(embedded)).toBeLessThanOrEqual(LIMIT - SPECIAL_TOKENS);
    }
  });
});

describe('other ways to cut', () => {
  it('puts before a text what was asked for', async () => {
    const text = '# Bread\n\nFlour and water.';
    const contexts = async (options: object) => (await cut(text, options, { title: 'Food' }))[0]?.record.context;
    expect(await contexts({})).toBe('Food > Bread');
    expect(await contexts({ context: 'headings' })).toBe('Food > Bread');
    expect(await contexts({ context: 'title' })).toBe('Food');
    expect(await contexts({ context: 'none' })).toBe('');
    expect((await cut(text, { context: 'none' }, { title: 'Food' }))[0]?.embedded).toBe(text);
  });

  it('leaves a document whole', async () => {
    const text = Array.from({ length: 500 }, (_, at) => `Sentence number ${at}.`).join(' ');
    expect(await texts(text, { kind: 'whole' })).toEqual([text]);
  });

  it('keeps to the rule of each source, in the order of the documents', async () => {
    const rules = chunking.parse({ maxTokens: 16, sources: [{ match: 'faq/', chunking: { kind: 'pairs' } }] });
    const long = 'One two three four five six seven. '.repeat(6);
    const documents = ['a.md', 'faq/b.md', 'c.md'].map((source) => ({ id: source, source, title: 'T', text: long }));
    const chunks = await chunkDocuments(documents, rules, MODEL);
    expect(chunks.map(({ length }) => length > 1)).toEqual([true, false, true]);
    expect(chunks.map((of) => of[0]?.record.doc_id)).toEqual(['a.md', 'faq/b.md', 'c.md']);
  });
});

describe('any document, cut in any way', () => {
  const line = fc.oneof(
    fc.lorem({ maxCount: 40 }),
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ unit: fc.constantFrom('天', '地', '。', ' ', '？'), maxLength: 120 }),
    fc.constantFrom('', '# Why?', '## How so？', '### **Sub**', '## Not a question', 'Setext?\n---', '```', '- item?'),
  );
  const text = fc.array(line, { maxLength: 25 }).map((parts) => parts.join('\n'));
  const title = fc.constantFrom('', 'Guide', 'What is it?', '什么？'.repeat(80));
  const size = { maxTokens: fc.integer({ min: 16, max: 64 }), overlapSentences: fc.integer({ min: 0, max: 3 }) };
  const way = fc.oneof(
    fc.record({ kind: fc.constant('pairs'), embed: fc.constantFrom('both', 'question'), ...size }),
    fc.record({ kind: fc.constant('parents'), context: fc.constantFrom('headings', 'none'), ...size }),
    fc.record({ kind: fc.constant('whole') }),
  );

  it('has all that is not blank in its chunks, in order, with bounded overlap, seen whole by the model', async () => {
    await fc.assert(
      fc.asyncProperty(text, title, way, async (content, heading, options) => {
        const rules: Chunking = chunking.parse(options);
        const document = { id: 'a', source: 'a.md', title: heading, text: content };
        const [chunks = []] = await chunkDocuments([document], rules, MODEL);
        let covered = 0;
        for (const [at, { record, embedded, tokens }] of chunks.entries()) {
          expect(record.ordinal).toBe(at);
          expect(record.text).toBe(content.slice(record.start, record.end));
          expect(record.text).toBe(record.text.trim());
          expect(content.slice(covered, record.start).trim()).toBe('');
          expect(record.end).toBeGreaterThan(covered);
          const repeated = content.slice(record.start, Math.max(record.start, covered));
          if ('overlapSentences' in rules) expect(countOne(repeated)).toBeLessThanOrEqual(rules.maxTokens / 2);
          else expect(repeated).toBe('');
          if (rules.kind !== 'whole') expect(countOne(embedded)).toBeLessThanOrEqual(LIMIT - SPECIAL_TOKENS);
          expect(tokens).toBeGreaterThan(0);
          covered = record.end;
        }
        expect(content.slice(covered).trim()).toBe('');
      }),
      { numRuns: 300 },
    );
  });

  it('never tears a pair apart that the model can see whole', async () => {
    const word = fc.constantFrom('tea', 'bread', 'a longer phrase', '茶', 'end.');
    const section = fc.record({
      question: fc.array(word, { minLength: 1, maxLength: 8 }).map((words) => `${words.join(' ')}?`),
      answer: fc.array(word, { minLength: 1, maxLength: 40 }).map((words) => words.join(' ')),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(section, { minLength: 1, maxLength: 6 }), async (sections) => {
        const pairs = sections.map(({ question, answer }) => `## ${question}\n\n${answer}`);
        expect(await texts(pairs.join('\n\n'), { kind: 'pairs', maxTokens: 16 })).toEqual(pairs);
      }),
    );
  });
});
