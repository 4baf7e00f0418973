import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isFailure } from '../../activities/errors';
import { aliasHolders, swapAlias } from '../../activities/indexing/alias';
import { chunkTexts } from '../../activities/indexing/chunk';
import { buildAlias } from '../../activities/indexing/index-definition';
import { keepProfile } from '../../activities/indexing/build';
import { answerQuery, hybridSearch, SearchRefused } from '../../activities/search/hybrid-search';
import { openReranker } from '../../activities/search/rerank';
import { DEFAULT_PROFILE, type Fusion } from '../../schemas/relevance';
import { writeTinyCrossEncoder } from '../unit/relevance/tiny-cross-encoder';
import { DOCUMENTS } from './indexing-documents';
import { type Build, type Indexing, openIndexing } from './indexing-fixture';

let indexing: Indexing;
beforeAll(async () => {
  indexing = await openIndexing();
});
afterAll(() => indexing.close());

let names = 0;
/** A name that no other test or run has used on the shared servers. */
const freshName = (): string => `ix-${process.pid}-${Date.now()}-${(names += 1)}`;

/** A sealed build of the documents under a new name. */
async function sealedBuild(): Promise<Build> {
  const name = freshName();
  await indexing.publishDataset(name, DOCUMENTS);
  const build = await indexing.begin(name, name);
  await indexing.fill(build);
  await indexing.seal(build);
  return build;
}

const search = (alias: string, query: string, k?: number) =>
  hybridSearch(indexing.search, indexing.encoder, { alias, query, ...(k ? { k } : {}) });

const abandon = ({ workKey, index: { alias, physical } }: Build) =>
  indexing.run(() => indexing.activities.abandonBuild({ workKey, alias, physical }));
const dropOld = (alias: string) => indexing.run(() => indexing.activities.dropOldIndexes({ alias }));

describe('a rebuild', () => {
  it('goes from a dataset to an alias that finds the right documents, in English and Chinese', async () => {
    const name = freshName();
    const dataset = await indexing.publishDataset(name, DOCUMENTS);
    const build = await indexing.rebuild(name, name);

    expect(build.dataset).toEqual(dataset);
    expect(await aliasHolders(indexing.search, name)).toEqual([build.index.physical]);
    expect((await search(name, 'how do standby servers follow the primary?'))[0]?.document.id).toBe('postgres.md');
    expect((await search(name, 'baking a loaf in the oven'))[0]?.document.id).toBe('bread.md');
    expect((await search(name, '龙井绿茶'))[0]?.document.id).toBe('tea.zh.md');
    expect((await search(name, '北京到上海的列车'))[0]?.document.id).toBe('rail.zh.md');
    const [bees] = await search(name, 'bees dance');
    expect(bees).toMatchObject({
      document: { id: 'no-title.txt', title: '', source: 'docs/no-title.txt' },
      ranks: { bm25: 1, vector: 1 },
      score: 2 / 61,
    });
    expect(bees?.highlights[0]).toContain('<em>dance</em>');
  });

  it('embeds and indexes nothing for a dataset version with no text, and verifies that', async () => {
    const name = freshName();
    await indexing.publishDataset(name, [{ id: 'blank', source: 'blank', title: '', text: '\n' }]);
    const build = await indexing.begin(name, name);
    expect(await indexing.fill(build)).toBe(0);
    await indexing.seal(build);
    expect(await indexing.verify(build)).toMatchObject({
      expected: 0,
      verified: 0,
      sources: { sources: 0, named: [] },
    });
  });

  it('is refused for a dataset that is not there', async () => {
    const missing = indexing.run(() =>
      indexing.activities.planIndex({ dataset: `${freshName()}@3`, unitDocuments: 1 }),
    );
    await expect(missing).rejects.toSatisfy((error) => isFailure(error, 'DatasetNotFound'));
  });

  it('is refused on a host that has another encoder than the run began with', async () => {
    const name = freshName();
    await indexing.publishDataset(name, DOCUMENTS);
    const { workKey, dataset } = await indexing.begin(name, name);
    const unit = indexing.run(() =>
      indexing.activities.embedUnit({
        workKey,
        dataset,
        encoder: { ...indexing.encoder.identity, fingerprint: 'f'.repeat(64) },
        unit: 0,
        unitDocuments: 1,
        chunking: { maxTokens: 64, overlapSentences: 0 },
      }),
    );
    await expect(unit).rejects.toSatisfy((error) => isFailure(error, 'EncoderNotConfigured'));
  });

  it('is taken up by a second run of the same work, sealed or not, with the same contents', async () => {
    const first = await sealedBuild();
    const before = await indexing.contents(first.index.physical);
    const second = await indexing.begin(first.dataset.name, first.index.alias);
    expect(second.index).toEqual(first.index);
    await indexing.fill(second);
    await indexing.seal(second);
    await indexing.verify(second);
    expect(await indexing.contents(second.index.physical)).toEqual(before);
  });
});

describe('the chunks of any text', () => {
  it('have no more tokens than asked for, as the encoder itself counts them', async () => {
    const parts = fc.oneof(
      fc.lorem({ maxCount: 40 }),
      fc.string({ unit: 'grapheme', maxLength: 200 }),
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.stringMatching(/^[A-Za-z0-9+/_.-]{0,400}$/),
      fc.string({ unit: fc.constantFrom('天', '地', '。', 'が', '한', 'é', 'x'), maxLength: 200 }),
    );
    const texts = fc.sample(fc.array(parts, { minLength: 1, maxLength: 8 }), { numRuns: 200, seed: 1 });
    const documents = texts.map((text) => text.join('\n\n'));
    const count = (pieces: readonly string[]) => indexing.encoder.countTokens(pieces);
    const cut = await chunkTexts(documents, { maxTokens: 24, overlapSentences: 1 }, count);
    const chunks = cut.flatMap((of, at) => of.map(({ start, end }) => documents[at]?.slice(start, end) ?? ''));
    const tokens = await count(chunks);
    expect(chunks.filter((_, at) => (tokens[at] ?? 0) > 24)).toEqual([]);
  });
});

describe('verification', () => {
  it('counts every chunk of a good build', async () => {
    const build = await sealedBuild();
    const chunks = Object.keys(await indexing.contents(build.index.physical)).length;
    expect(chunks).toBeGreaterThan(DOCUMENTS.length);
    expect(await indexing.verify(build)).toMatchObject({ expected: chunks, verified: chunks });
  });

  it('counts the documents of every source, and says so', async () => {
    const { sources, finding } = await indexing.verify(await sealedBuild());
    const withText = DOCUMENTS.filter(({ text }) => text.trim() !== '').length;
    expect(sources).toMatchObject({
      sources: withText,
      differing: 0,
      documents: { expected: withText, found: withText },
    });
    expect(sources.named).toContainEqual({ source: 'docs/bread.md', expected: 1, found: 1 });
    expect(finding).toContain(`${withText} documents of ${withText} sources, as expected: `);
  });

  it('names chunks that are missing, extra, changed or without a vector', async () => {
    const build = await sealedBuild();
    const index = build.index.physical;
    const ids = Object.keys(await indexing.contents(index)).filter((id) => id.endsWith('-0'));
    const [gone = '', changed = '', bare = ''] = ids;
    await indexing.search.delete({ index, id: gone });
    await indexing.search.update({ index, id: changed, doc: { text: 'Another text.' } });
    const stored = await indexing.search.get<Record<string, unknown>>({ index, id: bare });
    const { vector: _vector, ...rest } = stored._source ?? {};
    await indexing.search.index({ index, id: bare, document: rest });
    await indexing.search.index({ index, id: 'stray-0', document: { doc_id: 'stray' }, refresh: true });

    const failure: unknown = await indexing.verify(build).catch((error: unknown) => error);
    expect(isFailure(failure, 'VerificationFailed')).toBe(true);
    expect(String(failure)).toContain(
      `1 missing (${gone}); 1 extra (stray-0); 1 changed (${changed}); 2 without a vector (`,
    );
    expect(String(failure)).toContain(bare);
    expect(String(failure)).toMatch(/documents, 1 of \d+ sources differ: `docs\/[^`]+` 0 of 1/);
  });

  it('notices a chunk of a unit that should not have it', async () => {
    const build = await sealedBuild();
    const index = build.index.physical;
    const document = { doc_id: 'extra', ordinal: 0, unit: 1 };
    await indexing.search.index({ index, id: 'extra-0', document, refresh: true });
    await expect(indexing.verify(build)).rejects.toThrow(/1 extra \(extra-0\)/);
  });
});

describe('the fence', () => {
  it('refuses a writer that is late, after the seal and after the build was given up', async () => {
    const build = await sealedBuild();
    await expect(indexing.indexUnit(build, 0)).rejects.toSatisfy((error) => isFailure(error, 'BuildClosed'));
    const { physical } = build.index;
    await abandon(build);
    await expect(indexing.indexUnit(build, 0)).rejects.toSatisfy((error) => isFailure(error, 'BuildClosed'));
    expect(await indexing.search.indices.exists({ index: physical })).toBe(false);
    expect(await indexing.search.indices.exists({ index: buildAlias(physical) })).toBe(false);
  });

  it('lets a build that was given up begin anew', async () => {
    const build = await sealedBuild();
    const before = await indexing.contents(build.index.physical);
    await abandon(build);
    const again = await indexing.begin(build.dataset.name, build.index.alias);
    expect(again.index).toEqual(build.index);
    await indexing.fill(again);
    await indexing.seal(again);
    expect(await indexing.verify(again)).toMatchObject({ verified: Object.keys(before).length });
    expect(await indexing.contents(again.index.physical)).toEqual(before);
  });

  it('does not verify a build that writers can still reach', async () => {
    const build = await sealedBuild();
    await indexing.begin(build.dataset.name, build.index.alias);
    await expect(indexing.verify(build)).rejects.toThrow(/not sealed/);
  });

  it('does not give up what is live', async () => {
    const build = await sealedBuild();
    await indexing.promote(build);
    const { alias, physical } = build.index;
    await abandon(build);
    expect(await aliasHolders(indexing.search, alias)).toEqual([physical]);
  });
});

describe('the swap', () => {
  it('is one step: a searcher meets neither an error nor an empty answer', async () => {
    const [one, two] = [await sealedBuild(), await sealedBuild()];
    const alias = freshName();
    await swapAlias(indexing.search, alias, one.index.physical);
    let swapping = true;
    let searches = 0;
    const searching = (async () => {
      while (swapping) {
        expect(await search(alias, 'lava and ash')).toHaveLength(5);
        searches += 1;
      }
    })();
    for (let at = 0; at < 20; at += 1) {
      await swapAlias(indexing.search, alias, (at % 2 ? one : two).index.physical);
    }
    swapping = false;
    await searching;
    expect(searches).toBeGreaterThan(5);
    expect(await aliasHolders(indexing.search, alias)).toEqual([one.index.physical]);
  });

  it('is done once, keeps the old indexes that the policy asks for, and deletes the others', async () => {
    const name = freshName();
    const builds: Build[] = [];
    for (let at = 0; at < 3; at += 1) {
      await indexing.publishDataset(name, DOCUMENTS.slice(0, 3 + at));
      builds.push(await indexing.rebuild(name, name));
    }
    const [first, second, third] = builds.map(({ index }) => index.physical);
    const again = await indexing.promote(builds[2] as Build);
    expect(again).toMatchObject({ outcome: 'published', previous: second });
    expect(await dropOld(name)).toEqual({ dropped: [first] });
    expect(await dropOld(name)).toEqual({ dropped: [] });
    expect(await aliasHolders(indexing.search, name)).toEqual([third]);
    expect(await indexing.search.indices.exists({ index: second as string })).toBe(true);
  });

  it('refuses to take back a newer version', async () => {
    const name = freshName();
    await indexing.publishDataset(name, DOCUMENTS.slice(0, 3));
    const slow = await indexing.begin(name, name);
    await indexing.publishDataset(name, DOCUMENTS.slice(0, 4));
    const fast = await indexing.rebuild(name, name);
    await expect(indexing.promote(slow)).rejects.toSatisfy((error) => isFailure(error, 'Superseded'));
    expect(await aliasHolders(indexing.search, name)).toEqual([fast.index.physical]);
  });

  it('says so where the alias is the name of an index', async () => {
    const { physical } = (await sealedBuild()).index;
    const other = (await sealedBuild()).index.physical;
    const swap = swapAlias(indexing.search, other, physical);
    await expect(swap).rejects.toSatisfy((error) => isFailure(error, 'InvalidInput'));
  });
});

describe('a search', () => {
  let alias: string;
  beforeAll(async () => {
    const build = await sealedBuild();
    await indexing.promote(build);
    alias = build.index.alias;
  });

  it('gives one hit a document, the same each time', async () => {
    const hits = await search(alias, 'week rain snails meeting', 10);
    expect(new Set(hits.map(({ document }) => document.id)).size).toBe(hits.length);
    expect(await search(alias, 'week rain snails meeting', 10)).toEqual(hits);
  });

  it('keeps to the documents or sources that it is given', async () => {
    const only = (filter: { documents?: string[]; sources?: string[] }) =>
      hybridSearch(indexing.search, indexing.encoder, { alias, query: 'meeting', filter });
    expect((await only({ documents: ['bread.md'] })).map(({ document }) => document.id)).toEqual(['bread.md']);
    expect((await only({ sources: ['docs/tea.zh.md'] })).map(({ document }) => document.id)).toEqual(['tea.zh.md']);
  });

  it('answers a query of any length', async () => {
    const chars = Array.from({ length: 3_000 }, (_, at) => String.fromCodePoint(0x4e00 + at)).join('');
    expect(await search(alias, chars)).toHaveLength(5);
  });

  const words: Fusion = { method: 'weighted', words: 1, vector: 0, feedback: null };

  it('is done as the index that answers says, also right after a swap', async () => {
    const name = freshName();
    await indexing.publishDataset(name, DOCUMENTS);
    const first = await indexing.rebuild(name, name);
    const ask = () => answerQuery(indexing.search, indexing.encoder, { alias: name, query: 'bees dance' });
    expect(await ask()).toMatchObject({ index: first.index.physical, fusion: { method: 'rrf' } });

    await indexing.publishDataset(name, DOCUMENTS.slice(1));
    const second = await indexing.begin(name, name);
    await indexing.fill(second);
    await indexing.seal(second);
    await keepProfile(indexing.search, second.index.physical, { ...DEFAULT_PROFILE, other: words });
    await indexing.verify(second);
    await indexing.promote(second);
    const answer = await ask();
    expect(answer).toMatchObject({ index: second.index.physical, fusion: words });
    expect(answer.hits[0]).toMatchObject({ document: { id: 'no-title.txt' }, ranks: { bm25: 1 }, score: 1 });
    expect(answer.hits[0]?.ranks.vector).toBeUndefined();
  });

  it('by words alone guesses by meaning where no word is found', async () => {
    const profile = { cjk: words, other: words };
    const query = 'loaves baked yesterday';
    const { hits, fusion } = await answerQuery(indexing.search, indexing.encoder, {
      alias,
      query: 'croissants',
      profile,
    });
    expect(fusion).toEqual({ method: 'rrf' });
    expect(hits[0]?.ranks).toEqual({ vector: 1 });
    const found = await answerQuery(indexing.search, indexing.encoder, { alias, query, profile });
    expect(found.fusion).toEqual(words);
  });

  it('with feedback finds what is like the best documents, in either script', async () => {
    const feedback = { documents: 1, terms: 20, pull: 2, words: 1, vector: 1 };
    const fusion: Fusion = { method: 'weighted', words: 0.5, vector: 0.5, feedback };
    const profile = { cjk: fusion, other: fusion };
    const [note] = await hybridSearch(indexing.search, indexing.encoder, { alias, query: 'meeting', k: 3, profile });
    expect(note?.document.id).toMatch(/^note-/);
    expect(note?.ranks).toMatchObject({ likeVector: 1 });
    expect(note?.ranks.likeWords).toBeGreaterThan(0);
    const [tea] = await hybridSearch(indexing.search, indexing.encoder, { alias, query: '龙井绿茶', profile });
    expect(tea).toMatchObject({ document: { id: 'tea.zh.md' }, ranks: { likeVector: 1 } });
  });

  it('puts the best documents in the order of a cross-encoder where one is given', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'llm-pack-reranker-'));
    await writeTinyCrossEncoder(dir);
    const reranker = await openReranker({ dir, threads: 1 });
    try {
      const name = freshName();
      const document = (id: string, text: string) => ({ id, source: id, title: '', text });
      // It counts the letter q; the search itself goes by apples.
      await indexing.publishDataset(name, [document('two', 'apple q q'), document('none', 'apple apple')]);
      await indexing.rebuild(name, name);
      const ask = (rerank: object) =>
        hybridSearch(indexing.search, indexing.encoder, { alias: name, query: 'apple', ...rerank });
      expect((await ask({})).map(({ document: { id } }) => id)).toEqual(['none', 'two']);
      const hits = await ask({ rerank: { reranker, documents: 5 }, k: 1 });
      expect(hits).toMatchObject([{ document: { id: 'two' }, score: 2 }]);
    } finally {
      await reranker.close();
      await rm(dir, { recursive: true, force: true });
    }
  });

  it('refuses an unknown alias, a blank query, a wrong k and the wrong encoder, each by its code', async () => {
    const { encoder, search: client } = indexing;
    const code = (error: unknown) => (error instanceof SearchRefused ? error.code : error);
    expect(await search(freshName(), 'anything').catch(code)).toBe('IndexNotFound');
    expect(await search(alias, '  ').catch(code)).toBe('InvalidQuery');
    expect(await search(alias, 'bread', 101).catch(code)).toBe('InvalidQuery');
    for (const dimensions of [384, 16]) {
      const other = {
        identity: { name: 'other', fingerprint: '0'.repeat(64), dimensions },
        encode: async (texts: readonly string[]) => (await encoder.encode(texts)).slice(0, dimensions),
      };
      expect(await hybridSearch(client, other, { alias, query: 'bread' }).catch(code)).toBe('EncoderMismatch');
    }
  });
});
