import { expect, it } from 'vitest';
import { cutFor, matches } from '../../../activities/indexing/cut-rules';
import { chunking } from '../../../schemas/chunking';

it('takes a pattern without wildcards for a prefix, and any other for the whole source', () => {
  expect(matches('docs/', 'docs/a.md')).toBe(true);
  expect(matches('docs/', 'other/docs/a.md')).toBe(false);
  expect(matches('docs/*.md', 'docs/a.md')).toBe(true);
  expect(matches('docs/*.md', 'docs/a.md#3')).toBe(false);
  expect(matches('docs/*.md', 'docs/x/a.md')).toBe(false);
  expect(matches('docs/**/*.md', 'docs/x/y/a.md')).toBe(true);
  expect(matches('docs/**/*.md', 'docs/a.md')).toBe(true);
  expect(matches('**', 's3://bucket/a-b.c')).toBe(true);
  expect(matches('v?.txt', 'v1.txt')).toBe(true);
  expect(matches('a+(b)[c]-{d}*', 'a+(b)[c]-{d} e')).toBe(true);
  expect(matches('文?*', '文档.md')).toBe(true);
});

it('cuts by the first rule that matches, and all else in the same way', () => {
  const rules = chunking.parse({
    maxTokens: 64,
    sources: [
      { match: 'docs/faq', chunking: { kind: 'pairs' } },
      { match: 'docs/**', chunking: { kind: 'parents' } },
    ],
  });
  expect(cutFor(rules, 'docs/faq/a.md').kind).toBe('pairs');
  expect(cutFor(rules, 'docs/a.md').kind).toBe('parents');
  expect(cutFor(rules, 'b.md')).toMatchObject({ maxTokens: 64 });
  expect(cutFor(rules, 'b.md')).toBe(cutFor(rules, 'c.md'));
});

it('leaves an input without the newer options as it was, so that done work is found again', () => {
  expect(chunking.parse({})).toEqual({ maxTokens: 192, overlapSentences: 1 });
  expect(chunking.parse({ maxTokens: 64 })).toEqual({ maxTokens: 64, overlapSentences: 1 });
  expect(() => chunking.parse({ kind: 'pairs', parent: 'section' })).toThrow();
});
