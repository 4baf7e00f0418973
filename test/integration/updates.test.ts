import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isFailure } from '../../activities/errors';
import { aliasHolders } from '../../activities/indexing/alias';
import { chunkId, type DatasetDocument } from '../../activities/indexing/chunk-record';
import { documentKey } from '../../activities/stores/registry-documents';
import { CLOCK_MARGIN_MS } from '../../activities/updating/decide';
import { DOCUMENTS } from './indexing-documents';
import type { Build } from './indexing-fixture';
import { openUpdating, type Updating } from './updating-fixture';

let updating: Updating;
beforeAll(async () => {
  updating = await openUpdating();
});
afterAll(() => updating.close());

let names = 0;
const freshName = (): string => `up-${process.pid}-${Date.now()}-${(names += 1)}`;
const is = (code: Parameters<typeof isFailure>[1]) => (error: unknown) => isFailure(error, code);

const SOME = DOCUMENTS.slice(0, 5);
const note = (id: string, text: string): DatasetDocument => ({ id, source: id, title: id, text });
/** A text of so many chunks: each section is one. */
const sections = (word: string, count: number): string =>
  Array.from(
    { length: count },
    (_, at) => `## ${word} ${at}\n\n${`The ${word} of section ${at} is here. `.repeat(5)}`,
  ).join('\n\n');

/** A live index of the documents under a new name, which is that of the dataset too. */
async function liveIndex(documents: readonly DatasetDocument[] = SOME): Promise<{ name: string; build: Build }> {
  const name = freshName();
  await updating.publishDataset(name, documents);
  return { name, build: await updating.rebuild(name, name) };
}

describe('a nightly update', () => {
  it('writes what is new or changed, deletes what is gone, and leaves the rest alone', async () => {
    const { name, build } = await liveIndex();
    const before = await updating.contents(build.index.physical);
    const [first, second, ...others] = SOME;
    const changed = { ...(first as DatasetDocument), text: 'Rye needs a longer rest than wheat.' };
    await updating.publishDataset(name, [changed, ...others, note('new.md', 'Whales sing to each other.')]);

    const counts = await updating.update(name, name);
    expect(counts).toMatchObject({ unchanged: others.length, added: 1, changed: 1, deleted: 1, newer: 0, repaired: 0 });
    expect(counts.chunks).toBe(2);
    expect(await updating.found(name, 'bread.md')).toEqual([changed.text]);
    expect(await updating.found(name, 'new.md')).toEqual(['Whales sing to each other.']);
    expect(await updating.found(name, second?.id ?? '')).toEqual([]);
    const after = await updating.contents(build.index.physical);
    const untouched = (chunks: Record<string, unknown>) =>
      Object.values(chunks).filter((chunk) => others.some(({ id }) => id === (chunk as { doc_id: string }).doc_id));
    expect(untouched(after)).toEqual(untouched(before));
    expect(await updating.update(name, name)).toMatchObject({ unchanged: 5, added: 0, changed: 0, chunks: 0 });
  });

  it('makes up for versions that were missed, and does not go back to one that is older', async () => {
    const { name } = await liveIndex();
    await updating.publishDataset(name, SOME.slice(0, 4));
    await updating.publishDataset(name, [...SOME.slice(0, 3), note('late.md', 'This one came late.')]);
    expect(await updating.update(name, name)).toMatchObject({ unchanged: 3, added: 1, deleted: 2 });
    await expect(updating.update(`${name}@2`, name)).rejects.toSatisfy(is('Superseded'));
    expect(await updating.found(name, 'late.md')).toHaveLength(1);
  });

  it('goes on to what was made of a version whose content there had been before', async () => {
    const { name } = await liveIndex();
    await updating.publishDataset(name, SOME.slice(0, 2), new Date());
    const again = await updating.publishDataset(name, SOME, new Date());
    expect(await updating.update(name, name)).toMatchObject({ unchanged: SOME.length });
    await updating.publishDataset(`${name}-some`, SOME.slice(0, 4), undefined, again);
    expect(await updating.update(`${name}-some`, name)).toMatchObject({ unchanged: 4, deleted: SOME.length - 4 });
  });

  it('leaves what a feed has changed since the sources were read, and takes it over once a dataset holds it', async () => {
    const { name } = await liveIndex();
    await updating.change(name, note('bread.md', 'Changed at noon.'), note('fed.md', 'Fed at noon.'));
    await updating.remove(name, 'volcano.md');
    await updating.feed(name);
    await updating.publishDataset(name, [...SOME, note('night.md', 'Added at night.')]);
    expect(await updating.update(name, name)).toMatchObject({ added: 1, newer: 3, changed: 0, deleted: 0 });
    expect(await updating.found(name, 'bread.md')).toEqual(['Changed at noon.']);
    expect(await updating.found(name, 'volcano.md')).toEqual([]);

    // A day later: the sources were read long after the feed had changed the documents.
    const later = new Date(Date.now() + 2 * CLOCK_MARGIN_MS);
    await updating.publishDataset(name, [note('bread.md', 'Changed at noon.'), ...SOME.slice(2)], later);
    const counts = await updating.update(name, name);
    // Of what was fed, the sources do not have one document.
    expect(counts).toMatchObject({ unchanged: 4, newer: 0, deleted: 2, changed: 0, added: 0, reconciled: 1 });
    expect(await updating.found(name, 'fed.md')).toEqual([]);
    const { rows } = await updating.outbox.query('select body from llm_pack.changes where alias = $1', [name]);
    expect(rows.map(({ body }: { body: string | null }) => body)).toEqual([null, null, null]);
  });

  it('finds what the index lost, changed or should not have, and mends it', async () => {
    const { name, build } = await liveIndex();
    await updating.change(name, note('fed.md', 'Fed at noon.'));
    await updating.feed(name);
    const index = build.index.physical;
    const before = await updating.contents(index);
    const ids = Object.entries(before).map(([id, chunk]) => ({ id, document: (chunk as { doc_id: string }).doc_id }));
    const idOf = (document: string) => ids.find((chunk) => chunk.document === document)?.id ?? '';
    await updating.search.delete({ index, id: idOf('volcano.md') });
    await updating.search.delete({ index, id: idOf('fed.md') });
    await updating.search.index({
      index,
      id: idOf('bread.md'),
      document: { doc_id: 'bread.md', ordinal: 0, text: '?' },
    });
    const stray = { id: chunkId(documentKey('stray'), 3), document: { doc_id: 'stray', ordinal: 3 } };
    await updating.search.index({ index, ...stray, refresh: true });

    expect(await updating.update(name, name)).toMatchObject({ unchanged: 3, newer: 0, repaired: 4 });
    const content = (chunks: Record<string, unknown>) =>
      Object.entries(chunks).map(([id, chunk]) => [id, (chunk as { content_hash: string }).content_hash]);
    expect(content(await updating.contents(index))).toEqual(content(before));
    expect(await updating.update(name, name)).toMatchObject({ chunks: 0 });
  });

  it('is refused where nothing is live, or the index has no ledger', async () => {
    const name = freshName();
    await updating.publishDataset(name, SOME);
    const update = () => updating.update(name, name);
    await expect(update()).rejects.toSatisfy(is('IndexNotFound'));
    const { index } = await updating.rebuild(name, name);
    await updating.outbox.query('update llm_pack.index_versions set base_version = null where physical = $1', [
      index.physical,
    ]);
    await expect(update()).rejects.toSatisfy(is('IndexWithoutLedger'));
  });
});

describe('a batch that a feed was told', () => {
  it('is put into the outbox once, also where an attempt comes again after a later change', async () => {
    const name = freshName();
    const { activities, run } = updating;
    const told = { alias: name, batch: `${name}/1`, changes: [{ document: 'a', title: '', text: 'Told.' }] };
    const record = () => run(() => activities.recordChanges(told));
    expect(await record()).toEqual({ recorded: 1 });
    await updating.change(name, note('a', 'Later, by its own hand.'));
    expect(await record()).toEqual({ recorded: 0 });
    const { rows } = await updating.outbox.query('select body from llm_pack.changes where alias = $1', [name]);
    expect(rows).toEqual([{ body: 'Later, by its own hand.' }]);
  });
});

describe('a change from the outbox', () => {
  it('replaces a document in one step: a search meets all of the old or all of the new', async () => {
    const { name } = await liveIndex([note('doc', sections('old', 12))]);
    const seen = new Set<string>();
    let over = false;
    const watching = (async () => {
      while (!over) {
        const words = new Set((await updating.found(name, 'doc')).map((text) => /old|new/.exec(text)?.[0] ?? 'none'));
        seen.add([...words].sort().join('+'));
      }
    })();
    for (const [word, count] of [
      ['new', 20],
      ['old', 3],
      ['new', 7],
    ] as const) {
      await updating.change(name, note('doc', sections(word, count)));
      await updating.feed(name);
      const texts = await updating.found(name, 'doc');
      expect(texts).toHaveLength(count);
      expect(texts.every((text) => text.includes(word))).toBe(true);
    }
    over = true;
    await watching;
    expect([...seen].sort()).toEqual(['new', 'old']);
  });

  it('is not undone by a batch that comes late or twice', async () => {
    const { name } = await liveIndex();
    await updating.change(name, note('doc', sections('first', 5)));
    const late = await updating.embedPending(name);
    await updating.change(name, note('doc', sections('second', 2)));
    await updating.feed(name);
    const before = await updating.contents((await aliasHolders(updating.search, name))[0] ?? '');
    expect(await late.apply()).toMatchObject({ older: 1, written: 0 });
    expect(await updating.contents((await aliasHolders(updating.search, name))[0] ?? '')).toEqual(before);
    expect(await updating.found(name, 'doc')).toHaveLength(2);
  });

  it('leaves nothing of an attempt that died after it had written', async () => {
    const { name } = await liveIndex([note('doc', 'At first.')]);
    await updating.change(name, note('doc', sections('lost', 9)));
    const dying = await updating.embedPending(name);
    // All chunks are in, and the transaction ends with an error: as if the worker had been killed just then.
    await updating.outbox.query(
      `create function pg_temp.fail() returns trigger language plpgsql as $$ begin raise exception 'killed'; end $$`,
    );
    await updating.outbox.query(
      'create trigger killed before update on llm_pack.changes execute function pg_temp.fail()',
    );
    await expect(dying.apply()).rejects.toThrow(/killed/);
    await updating.outbox.query('drop trigger killed on llm_pack.changes');
    await updating.change(name, note('doc', sections('kept', 2)));
    await updating.feed(name);
    const texts = await updating.found(name, 'doc');
    expect(texts).toHaveLength(2);
    expect(texts.every((text) => text.includes('kept'))).toBe(true);
  });

  it('is ignored where its source says that it is older, and leaves a tombstone where it deletes', async () => {
    const { name } = await liveIndex();
    const put = (version: number, text: string) =>
      updating.outbox.query<{ id: string | null }>('select llm_pack.record_change($1, $2, $3, $4, $5, $6) as id', [
        ...[name, 'doc', '', text, 'doc', version],
      ]);
    expect((await put(2, 'Two.')).rows[0]?.id).not.toBeNull();
    expect((await put(1, 'One.')).rows[0]?.id).toBeNull();
    await updating.feed(name);
    expect(await updating.found(name, 'doc')).toEqual(['Two.']);
    await updating.outbox.query('select llm_pack.record_deletion($1, $2, $3)', [name, 'doc', 3]);
    await updating.feed(name);
    expect(await updating.found(name, 'doc')).toEqual([]);
    expect((await put(2, 'Two again.')).rows[0]?.id).toBeNull();
    const [target] = await updating.registry.updates.targets(name);
    const rows = await updating.registry.updates.range(target?.id ?? 0, '', 'g');
    expect(rows.find(({ document }) => document === 'doc')).toMatchObject({ contentHash: null, chunks: 0 });
  });
});

describe('updates while an index is rebuilt', () => {
  it('are in what is swapped in, and what was live goes on to receive them', async () => {
    const { name, build: old } = await liveIndex();
    await updating.change(name, note('early.md', 'Before the build.'), note('bread.md', sections('early', 2)));
    await updating.remove(name, 'tea.zh.md');
    await updating.feed(name);

    await updating.publishDataset(name, [...SOME, note('extra.md', 'Only in the new dataset.')]);
    const build = await updating.begin(name, name);
    await updating.change(name, note('volcano.md', 'Before it is loaded.'));
    await updating.feed(name);
    await updating.fill(build);
    await updating.change(name, note('postgres.md', 'After it was loaded.'), note('fresh.md', 'A new one.'));
    await updating.remove(name, 'rail.zh.md');
    await updating.feed(name);
    expect((await updating.catchUp(build))?.written).toBe(2);
    expect(await updating.catchUp(build)).toBeNull();
    await updating.seal(build);
    await updating.change(name, note('fresh.md', 'After the seal.'));
    await updating.feed(name);
    const { expected, verified } = await updating.verify(build);
    expect(verified).toBe(expected);
    await updating.promote(build, true);

    expect(await aliasHolders(updating.search, name)).toEqual([build.index.physical]);
    const texts = async (id: string) => (await updating.found(name, id)).join(' ');
    expect(await texts('early.md')).toBe('Before the build.');
    expect(await texts('bread.md')).toContain('early 1');
    expect(await texts('tea.zh.md')).toBe('');
    expect(await texts('volcano.md')).toBe('Before it is loaded.');
    expect(await texts('postgres.md')).toBe('After it was loaded.');
    expect(await texts('rail.zh.md')).toBe('');
    expect(await texts('fresh.md')).toBe('After the seal.');
    expect(await texts('extra.md')).toBe('Only in the new dataset.');

    await updating.change(name, note('fresh.md', 'After the swap.'));
    await updating.feed(name);
    const { index, previous } = { index: build.index, previous: old.index };
    const back = () =>
      updating.run(() => updating.activities.rollbackIndex({ index, previous, by: 'Ada', note: 'worse' }));
    await back();
    await back();
    expect(await aliasHolders(updating.search, name)).toEqual([old.index.physical]);
    expect(await texts('fresh.md')).toBe('After the swap.');
    expect(await texts('early.md')).toBe('Before the build.');
    const { rows } = await updating.outbox.query(
      'select version, reason, approved_by from llm_pack.promotions where name = $1 order by id desc limit 1',
      [name],
    );
    expect(rows).toEqual([{ version: 1, reason: `rolled back from ${index.physical}: worse`, approved_by: 'Ada' }]);
  });

  it('can not be gone back to once it has missed one', async () => {
    const { name, build: old } = await liveIndex();
    const build = await updating.rebuild(name, name, { force: true, keepPrevious: true });
    await updating.run(() => updating.activities.endWrites({ physical: old.index.physical }));
    const back = () =>
      updating.run(() =>
        updating.activities.rollbackIndex({ index: build.index, previous: old.index, by: 'Ada', note: '' }),
      );
    await expect(back()).rejects.toSatisfy(is('RollbackClosed'));
    await updating.rebuild(name, name, { force: true });
    await expect(back()).rejects.toSatisfy(is('Superseded'));
    expect(await updating.run(() => updating.activities.dropOldIndexes({ alias: name }))).toEqual({
      dropped: [old.index.physical],
    });
  });
});
