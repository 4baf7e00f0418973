import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DatasetDocument } from '../../activities/indexing/chunk-record';
import { hybridSearch } from '../../activities/search/hybrid-search';
import { chunking } from '../../schemas/chunking';
import { DOCUMENTS } from './indexing-documents';
import { type Indexing, openIndexing } from './indexing-fixture';

const FAQ: DatasetDocument[] = [
  {
    id: 'faq/ferry.md',
    source: 'faq/ferry.md',
    title: 'Ferry',
    text: '# Ferry\n\nRun by the city.\n\n## When does the last boat leave?\n\nAt midnight, on Sundays at ten.\n\n## May I bring a bicycle?\n\nYes, it travels free of charge.',
  },
  {
    id: 'faq/all.jsonl#7',
    source: 'faq/all.jsonl',
    title: 'How do I get a lost umbrella back?',
    text: 'Ask at the office by the pier. It keeps what was found for thirty days.',
  },
];
const RULES = chunking.parse({
  sources: [
    { match: 'faq/**', chunking: { kind: 'pairs' } },
    { match: 'docs/long.md', chunking: { kind: 'parents', maxTokens: 24, parent: 'section' } },
  ],
});

let indexing: Indexing;
let alias: string;
beforeAll(async () => {
  indexing = await openIndexing();
  alias = `chunking-${process.pid}-${Date.now()}`;
  await indexing.publishDataset(alias, [...DOCUMENTS, ...FAQ]);
  await indexing.rebuild(alias, alias, { chunking: RULES });
});
afterAll(() => indexing.close());

const best = async (query: string) =>
  (await hybridSearch(indexing.search, indexing.encoder, { alias, query, k: 3 }))[0];

it('answers a question with the pair that holds it, by the rule for its source', async () => {
  expect(await best('until when do boats run at night')).toMatchObject({
    document: { id: 'faq/ferry.md' },
    text: '## When does the last boat leave?\n\nAt midnight, on Sundays at ten.',
  });
  const umbrella = await best('lost umbrella');
  expect(umbrella?.text).toBe(FAQ[1]?.text);
  expect(umbrella).not.toHaveProperty('parent');
});

it('finds a small chunk and brings the section around it', async () => {
  const hit = await best('week 18 bed 51 seeds of kind 119');
  const section =
    '## Week 18\n\nIn week 18 I planted bed 51 with seeds of kind 119. Rain fell on 5 days, and the snails ate what was green.';
  expect(hit?.document.id).toBe('long.md');
  expect(hit?.parent?.text.replace(/\s+/g, ' ')).toBe(section.replace(/\s+/g, ' '));
  expect(hit?.parent?.whole).toBe(true);
  expect((hit?.text ?? '').length).toBeLessThan(section.length);
});
