import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isFailure } from '../../activities/errors';
import { hybridSearch } from '../../activities/search/hybrid-search';
import { packConfig } from '../../schemas/config';
import { openIndexEncoder } from '../../workers/dependencies';
import { Encoders } from '../../workers/encoders';
import { defaultCacheDir } from '../../workers/stack/cache';
import { DOCUMENTS } from './indexing-documents';
import { openUpdating, type Updating } from './updating-fixture';

const { model } = packConfig.parse({}).encoder;
const quiet = () => undefined;
/** Two builds of the same weights, which give other vectors, in one project; and the project without the second one. */
const both = project({ chinese: { model, precision: 'int8', languages: ['zh'] } });
const onlyDefault = project({});

function project(encoders: object) {
  return { config: packConfig.parse({ encoders }), cacheDir: defaultCacheDir() };
}

const isNotConfigured = (error: unknown) => isFailure(error, 'EncoderNotConfigured');
const CHINESE = DOCUMENTS.filter(({ id }) => id.endsWith('.zh.md'));
const ENGLISH = DOCUMENTS.slice(0, 2);

let encoders: Encoders;
let updating: Updating;
let fingerprints: { default: string; chinese: string };
beforeAll(async () => {
  encoders = new Encoders(both, quiet);
  updating = await openUpdating({ encoders: (wanted) => encoders.open(wanted) });
  fingerprints = {
    default: (await encoders.open()).identity.fingerprint,
    chinese: (await encoders.open({ named: 'chinese' })).identity.fingerprint,
  };
});
afterAll(async () => {
  await updating.close();
  await encoders.close();
});

let names = 0;
const freshName = (): string => `enc-${process.pid}-${Date.now()}-${(names += 1)}`;

async function planned(documents: typeof DOCUMENTS, encoder: string): Promise<string> {
  const name = freshName();
  await updating.publishDataset(name, documents);
  const plan = await updating.run(() => updating.activities.planIndex({ dataset: name, unitDocuments: 1, encoder }));
  return plan.encoder.fingerprint;
}

describe('the encoder of a rebuild', () => {
  it('is that for the language of most documents', async () => {
    expect(fingerprints.chinese).not.toBe(fingerprints.default);
    await expect(planned([...CHINESE, ...ENGLISH.slice(1)], 'auto')).resolves.toBe(fingerprints.chinese);
    await expect(planned([...CHINESE.slice(1), ...ENGLISH], 'auto')).resolves.toBe(fingerprints.default);
    await expect(planned([], 'auto')).resolves.toBe(fingerprints.default);
  });

  it('is the one that is named, whatever the language', async () => {
    await expect(planned(ENGLISH, 'chinese')).resolves.toBe(fingerprints.chinese);
    await expect(planned(CHINESE, 'default')).resolves.toBe(fingerprints.default);
    await expect(planned(ENGLISH, 'greek')).rejects.toThrow('there are default, chinese');
  });
});

describe('an index of another encoder than the default', () => {
  let alias: string;
  beforeAll(async () => {
    alias = freshName();
    await updating.publishDataset(alias, CHINESE);
    const build = await updating.rebuild(alias, alias, { encoder: 'auto' });
    expect(build.encoder.fingerprint).toBe(fingerprints.chinese);
  });

  it('is updated, fed and searched with the one that made it', async () => {
    const [first] = CHINESE;
    if (!first) throw new Error('no document');
    await updating.publishDataset(alias, [...CHINESE, { ...first, id: 'update', text: '龙井茶产于杭州西湖。' }]);
    await updating.update(alias, alias);
    await updating.change(alias, { ...first, id: 'change', text: '高速列车从北京到广州。' });
    await updating.feed(alias);

    const encoder = await openIndexEncoder(both, updating.search, alias, quiet);
    expect(encoder.identity.fingerprint).toBe(fingerprints.chinese);
    for (const [query, id] of [
      ['龙井茶产于杭州西湖。', 'update'],
      ['高速列车从北京到广州。', 'change'],
    ] as const) {
      const [best] = await hybridSearch(updating.search, encoder, { alias, query });
      expect(best).toMatchObject({ document: { id }, ranks: { vector: 1 } });
    }
    await encoder.close();
  });

  it('is refused by a project that has the encoder no more, by name and with what to do', async () => {
    const search = openIndexEncoder(onlyDefault, updating.search, alias, quiet);
    await expect(search).rejects.toSatisfy(isNotConfigured);
    await expect(search).rejects.toThrow(
      new RegExp(
        `needs the encoder ${model} with the fingerprint ${fingerprints.chinese.slice(0, 12)}[^]*rebuildIndex`,
      ),
    );

    const without = new Encoders(onlyDefault, quiet);
    const other = await openUpdating({ encoders: (wanted) => without.open(wanted) });
    const [first] = CHINESE;
    if (!first) throw new Error('no document');
    await other.change(alias, { ...first, id: 'waits', text: '红茶。' });
    // Changes wait for the encoder to be back; nothing is lost, nothing of another encoder gets in.
    await expect(other.feed(alias)).rejects.toSatisfy((error) => isFailure(error, 'Unavailable'));
    await updating.feed(alias);
    const { count } = await updating.search.count({ index: alias, query: { term: { doc_id: 'waits' } } });
    expect(count).toBe(1);
    await other.close();
    await without.close();
  });
});
