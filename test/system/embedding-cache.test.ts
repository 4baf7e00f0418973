import { createHash } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Registry } from '../../activities/stores/registry';
import { DOCUMENTS } from '../integration/indexing-documents';
import { type Build, type Indexing, openIndexing } from '../integration/indexing-fixture';
import { sharedServers } from '../support/shared-servers';

let indexing: Indexing;
let registry: Registry;
let sql: Client;
beforeAll(async () => {
  indexing = await openIndexing();
  ({ registry } = indexing);
  sql = new Client({ connectionString: sharedServers().databaseUrl });
  await sql.connect();
});
afterAll(async () => {
  await sql.end();
  await indexing.close();
});

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const vectorsOf = (...texts: string[]) =>
  new Map(texts.map((text, at) => [hashOf(text), Float32Array.of(at, Math.fround(0.1), -1e-38)] as const));
const OTHER = hashOf('another encoder');

describe('vectors in the registry', () => {
  const ENCODER = hashOf('an encoder of these tests');
  beforeEach(async () => {
    await sql.query('delete from llm_pack.embeddings');
  });

  it('come back bit by bit, and only those that are there, of that encoder', async () => {
    const kept = vectorsOf('one', 'two');
    await registry.keepEmbeddings(ENCODER, kept);
    const asked = ['one', 'two', 'three'].map(hashOf);
    expect(await registry.findEmbeddings(ENCODER, asked)).toEqual(kept);
    expect(await registry.findEmbeddings(OTHER, asked)).toEqual(new Map());
  });

  it('stay as the first of many writers at once has put them', async () => {
    const texts = Array.from({ length: 1_200 }, (_, at) => `text ${at}`);
    const writers = Array.from({ length: 6 }, (_, writer) => {
      const own = texts.filter((_text, at) => at % 2 === writer % 2 || at % 3 === 0);
      const vectors = new Map(own.map((text) => [hashOf(text), Float32Array.of(writer)]));
      return registry.keepEmbeddings(ENCODER, vectors);
    });
    await Promise.all(writers);
    const first = await registry.findEmbeddings(ENCODER, texts.map(hashOf));
    expect(first.size).toBe(texts.length);
    await registry.keepEmbeddings(ENCODER, new Map(texts.map((text) => [hashOf(text), Float32Array.of(99)])));
    expect(await registry.findEmbeddings(ENCODER, texts.map(hashOf))).toEqual(first);
  });

  it('go when they are old, then the least recently used above the bound; asking for one keeps it', async () => {
    await registry.keepEmbeddings(ENCODER, vectorsOf('a', 'b', 'c', 'd'));
    const age = (text: string, days: number) =>
      sql.query(
        `update llm_pack.embeddings set used_on = current_date - $2::integer where text_hash = decode($1, 'hex')`,
        [hashOf(text), days],
      );
    await age('a', 40);
    await age('b', 40);
    await age('c', 2);
    await registry.findEmbeddings(ENCODER, [hashOf('b')]);
    expect(await registry.pruneEmbeddings({ maxVectors: 10, keepDays: 30 })).toBe(1);
    expect(await registry.pruneEmbeddings({ maxVectors: 2, keepDays: 30 })).toBe(1);
    const left = await registry.findEmbeddings(ENCODER, ['a', 'b', 'c', 'd'].map(hashOf));
    expect([...left.keys()].sort()).toEqual([hashOf('b'), hashOf('d')].sort());
    expect(await registry.pruneEmbeddings({ maxVectors: 2, keepDays: 30 })).toBe(0);
  });
});

describe('a rebuild', () => {
  /** What its units say of themselves, added up. */
  async function embed(build: Build) {
    const total = { chunks: 0, embedded: 0, fromCache: 0 };
    for (let unit = 0; unit < build.units; unit += 1) {
      const meta = await indexing.embedUnit(build, unit);
      total.chunks += meta.chunks;
      total.embedded += meta.embedded ?? 0;
      total.fromCache += meta.fromCache ?? 0;
      await indexing.indexUnit(build, unit);
    }
    await indexing.seal(build);
    await indexing.verify(build);
    return total;
  }

  it('after a small change embeds what changed, and has the same bytes as one without a cache', async () => {
    await sql.query('delete from llm_pack.embeddings');
    const name = `cache-${process.pid}-${Date.now()}`;
    await indexing.publishDataset(name, DOCUMENTS);
    const first = await embed(await indexing.begin(name, name));
    expect(first.embedded).toBe(first.chunks);

    const changed = DOCUMENTS.map((document) =>
      document.id === 'rail.zh.md' ? { ...document, text: `${document.text}\n\n新的一段。` } : document,
    );
    await indexing.publishDataset(name, changed);
    const cached = await indexing.begin(name, name);
    const second = await embed(cached);
    expect(second).toEqual({ chunks: first.chunks, embedded: 1, fromCache: first.chunks - 1 });

    await sql.query('delete from llm_pack.embeddings');
    const plain = await indexing.begin(name, `${name}-plain`);
    expect(await embed(plain)).toMatchObject({ embedded: first.chunks });
    expect(await indexing.contents(cached.index.physical)).toEqual(await indexing.contents(plain.index.physical));
  });
});
