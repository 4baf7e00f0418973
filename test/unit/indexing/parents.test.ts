import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chunkDocuments } from '../../../activities/indexing/chunk-documents';
import { assembleParent } from '../../../activities/search/parents';
import { chunking } from '../../../schemas/chunking';
import { count } from './count-tokens';

const MODEL = { limit: 256, count };

async function records(text: string, options: object = {}) {
  const rules = chunking.parse({ kind: 'parents', maxTokens: 16, ...options });
  const [chunks = []] = await chunkDocuments([{ id: 'a', source: 'a.md', title: '', text }], rules, MODEL);
  return chunks.map(({ record }) => record);
}
const withoutBlanks = (text: string) => text.replace(/\s+/g, '');

const body = (name: string) =>
  `The ${name} one is here. The ${name} two is here. The ${name} three is here too, and is longer.`;
const text = ['# Tea', body('tea'), '## Green', body('green'), '## Black', body('black')].join('\n\n');

it('brings all that stands under the same headings, or the whole document', async () => {
  const parts = await records(text);
  const hit = parts.find((part) => part.text.includes('green two'));
  if (!hit) throw new Error('no such chunk');
  const section = assembleParent(hit, parts, { parent: 'section', maxParentChars: 6_000 });
  expect(section.whole).toBe(true);
  expect(withoutBlanks(section.text)).toBe(withoutBlanks(`## Green ${body('green')}`));
  expect(section.text).toMatch(/^## Green\n\nThe/);
  const all = assembleParent(hit, parts, { parent: 'document', maxParentChars: 6_000 });
  expect(withoutBlanks(all.text)).toBe(withoutBlanks(text));
});

it('brings of a long one what is nearest to the hit, and says that there is more', async () => {
  const long = Array.from({ length: 60 }, (_, at) => `This is sentence number ${at} of a long text.`).join(' ');
  const parts = await records(long);
  const hit = parts.find((part) => part.text.includes('number 30 '));
  if (!hit) throw new Error('no such chunk');
  const parent = assembleParent(hit, parts, { parent: 'document', maxParentChars: 500 });
  expect(parent.whole).toBe(false);
  expect(parent.end - parent.start).toBeLessThanOrEqual(500);
  expect(parent.end - parent.start).toBeGreaterThan(400);
  for (const number of [28, 29, 30, 31, 32]) expect(parent.text).toContain(`number ${number} `);
});

it('is the text of the document between its ends, whatever the document, the hit and the room', async () => {
  const line = fc.oneof(fc.lorem({ maxCount: 30 }), fc.constantFrom('', '# A', '## B', '- item', '天地。'));
  const document = fc.array(line, { minLength: 1, maxLength: 30 }).map((lines) => lines.join('\n'));
  await fc.assert(
    fc.asyncProperty(
      document,
      fc.nat(),
      fc.integer({ min: 0, max: 2_000 }),
      fc.constantFrom('section' as const, 'document' as const),
      async (content, place, maxParentChars, parent) => {
        const parts = await records(content);
        const hit = parts[place % Math.max(1, parts.length)];
        if (!hit) return;
        const made = assembleParent(hit, parts, { parent, maxParentChars });
        expect(withoutBlanks(made.text)).toBe(withoutBlanks(content.slice(made.start, made.end)));
        expect(made.start).toBeLessThanOrEqual(hit.start);
        expect(made.end).toBeGreaterThanOrEqual(hit.end);
        if (made.start < hit.start || made.end > hit.end) {
          expect(made.end - made.start).toBeLessThanOrEqual(maxParentChars);
        }
        if (parent === 'document' && made.whole) expect(withoutBlanks(made.text)).toBe(withoutBlanks(content));
      },
    ),
    { numRuns: 200 },
  );
});
