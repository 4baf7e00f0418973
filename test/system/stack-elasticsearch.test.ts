import { Client } from '@elastic/elasticsearch';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedServers } from '../support/shared-servers';

/** The embedded node is put together from jars and plugins of our own: this is what the pack and its users count on. */
describe('the embedded Elasticsearch', () => {
  const client = new Client({ node: sharedServers().elasticsearchUrl });
  const [one, two, alias] = ['stack-one', 'stack-two', 'stack-live'];
  const ids = ({ hits }: { hits: { hits: { _id?: string }[] } }) => hits.hits.map((hit) => hit._id);

  beforeAll(async () => {
    await client.indices.delete({ index: [one, two], ignore_unavailable: true });
    for (const index of [one, two]) {
      await client.indices.create({
        index,
        settings: {
          number_of_replicas: 0,
          refresh_interval: '-1',
          analysis: {
            filter: { possessive: { type: 'stemmer', language: 'possessive_english' } },
            analyzer: {
              plain: {
                type: 'custom',
                char_filter: ['html_strip'],
                tokenizer: 'standard',
                filter: ['possessive', 'cjk_width', 'lowercase', 'asciifolding', 'cjk_bigram', 'porter_stem'],
              },
              whole: { type: 'english', stopwords: '_none_' },
            },
          },
        },
        mappings: {
          dynamic: 'strict',
          properties: {
            text: { type: 'text', analyzer: 'english', fields: { cjk: { type: 'text', analyzer: 'cjk' } } },
            source: { type: 'keyword' },
            vector: {
              type: 'dense_vector',
              dims: 3,
              similarity: 'cosine',
              index_options: { type: 'int8_hnsw' },
            },
          },
        },
      });
    }
    const documents = [
      { text: 'The dogs were running home', source: 'a', vector: [1, 0, 0] },
      { text: 'A cat sleeps', source: 'b', vector: [0, 1, 0] },
      { text: '数据清洗流水线', source: 'a', vector: [0, 0, 1] },
    ];
    const { errors } = await client.bulk({
      operations: documents.flatMap((document, id) => [{ create: { _index: one, _id: String(id) } }, document]),
    });
    expect(errors).toBe(false);
    await client.indices.refresh({ index: one });
  });

  afterAll(async () => {
    await client.indices.delete({ index: [one, two], ignore_unavailable: true });
    await client.close();
  });

  const tokens = async (analyzer: string, text: string) =>
    (await client.indices.analyze({ index: one, analyzer, text })).tokens?.map(({ token }) => token);

  // What an ordinary Elasticsearch 8.19 answers.
  it.each([
    ['english', "The dogs' homes were running", ['dog', 'home', 'were', 'run']],
    ['whole', 'the dogs', ['the', 'dog']],
    ['cjk', '数据清洗 ＡＢＣ', ['数据', '据清', '清洗', 'abc']],
    ['plain', "<b>Zoë's</b> ﾃﾞｰﾀ 清洗", ['zoe', 'デー', 'ータ', '清洗']],
  ])('analyses as %s', async (analyzer, text, expected) => {
    expect(await tokens(analyzer, text)).toEqual(expected);
  });

  it('finds by word in English and Chinese, and marks what it found', async () => {
    expect(ids(await client.search({ index: one, query: { match: { text: 'run dog' } } }))).toEqual(['0']);
    const { hits } = await client.search({
      index: one,
      query: { match: { 'text.cjk': '清洗' } },
      highlight: { fields: { 'text.cjk': {} } },
    });
    expect(hits.hits[0]?.highlight?.['text.cjk']).toEqual(['数据<em>清洗</em>流水线']);
  });

  it('finds by vector, with a filter and beside words', async () => {
    const knn = { field: 'vector', query_vector: [0.9, 0.1, 0.2], k: 2, num_candidates: 10 };
    expect(ids(await client.search({ index: one, knn }))).toEqual(['0', '2']);
    expect(ids(await client.search({ index: one, knn: { ...knn, filter: { term: { source: 'b' } } } }))).toEqual(['1']);
    const both = await client.search({ index: one, query: { match: { text: 'cat' } }, knn: { ...knn, k: 1 } });
    expect(new Set(ids(both))).toEqual(new Set(['0', '1']));
  });

  it('pages through a snapshot of an index in a stable order', async () => {
    const { id } = await client.openPointInTime({ index: one, keep_alive: '1m' });
    const page = { pit: { id }, size: 2, sort: [{ _shard_doc: 'asc' as const }] };
    const first = await client.search(page);
    const last = first.hits.hits.at(-1)?.sort;
    const second = await client.search({ ...page, ...(last ? { search_after: last } : {}) });
    expect([...ids(first), ...ids(second)].sort()).toEqual(['0', '1', '2']);
    await client.closePointInTime({ id });
  });

  it('moves an alias in one step, and only from where it is', async () => {
    await client.indices.updateAliases({ actions: [{ add: { index: one, alias } }] });
    const swap = () =>
      client.indices.updateAliases({
        actions: [{ remove: { index: one, alias, must_exist: true } }, { add: { index: two, alias } }],
      });
    await swap();
    expect(Object.keys(await client.indices.getAlias({ name: alias }))).toEqual([two]);
    await expect(swap()).rejects.toThrow('aliases_not_found');
  });

  it('refuses a stale write by version and a second create, and an index that nobody made', async () => {
    const versioned = (version: number) =>
      client.index({ index: two, id: 'v', document: { source: 'a' }, version, version_type: 'external' });
    await versioned(5);
    await expect(versioned(4)).rejects.toThrow('version_conflict');
    await expect(client.create({ index: two, id: 'v', document: { source: 'a' } })).rejects.toThrow('version_conflict');
    await expect(client.index({ index: 'stack-none', document: {} })).rejects.toThrow('index_not_found');
  });

  it('takes snapshots into its folder', async () => {
    await client.snapshot.createRepository({
      name: 'stack',
      repository: { type: 'fs', settings: { location: 'test' } },
    });
    const { snapshot } = await client.snapshot.create({
      repository: 'stack',
      snapshot: 'one',
      indices: one,
      wait_for_completion: true,
    });
    expect(snapshot?.state).toBe('SUCCESS');
    await client.snapshot.delete({ repository: 'stack', snapshot: 'one' });
  });
});
