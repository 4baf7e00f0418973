import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowFailedError, WorkflowHandle } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { aliasHolders } from '../../activities/indexing/alias';
import { readIndexMeta } from '../../activities/indexing/build';
import { answerQuery } from '../../activities/search/hybrid-search';
import type { StageProgress } from '../../schemas/common';
import { MESSAGES } from '../../schemas/names';
import { rebuildIndexStage, type RebuildIndexOutput } from '../../schemas/rebuild-index';
import { DEFAULT_PROFILE, type Evaluation } from '../../schemas/relevance';
import { startPack } from '../support/pack';
import { sharedServers } from '../support/shared-servers';

const THINGS = ['kettle', 'lantern', 'saddle', 'compass', 'violin', 'anchor', 'ladder', 'mirror'];
const MAKERS = ['Marn', 'Ostov', 'Pellin', 'Quarrow', 'Rusk', 'Sennet', 'Tamber', 'Ulver', 'Vost', 'Wexley'];
const PLACES = ['cellar', 'attic', 'stable', 'chapel', 'harbour', 'library', 'kitchen', 'garden'];

/** Each thing of each maker is kept in one place. */
const ITEMS = THINGS.flatMap((thing, row) =>
  MAKERS.map((maker, column) => ({
    id: `${thing}-${maker}`,
    text: `The ${thing} that ${maker} made is kept in the ${PLACES[(row + column) % PLACES.length]}. It was bought in ${1800 + row * 10 + column}.`,
    query: `Where can one find the ${thing} made by ${maker}?`,
  })),
);
/** As cleanDataset names a record. */
const idOf = (id: string) => `items.jsonl#${id}`;
const record = (value: object) => `${JSON.stringify(value)}\n`;

/** The tests follow one another, as the versions of an index do. */
describe('a rebuild with golden queries', () => {
  let pack: Awaited<ReturnType<typeof startPack>>;
  const name = 'items';
  let first: RebuildIndexOutput;

  beforeAll(async () => {
    pack = await startPack(sharedServers());
    await mkdir(join(pack.projectDir, 'items'));
    const golden = ITEMS.map(({ id, query }) => record({ query, relevant: { [idOf(id)]: 2 } }));
    await writeFile(join(pack.projectDir, 'golden.jsonl'), golden.join(''));
    await writeFile(join(pack.projectDir, 'few.jsonl'), golden.slice(0, 5).join(''));
    await writeFile(join(pack.projectDir, 'foreign.jsonl'), record({ query: 'a kettle', relevant: ['kettle'] }));
    await writeFile(join(pack.projectDir, 'broken.jsonl'), `${golden[0]}{"query": "no answer"}\n`);
    await publish((text) => text);
  });
  afterAll(() => pack.stop());

  let cleanings = 0;
  /** Cleans the items, as `change` leaves them, into the next version of the dataset. */
  async function publish(change: (text: string, at: number) => string): Promise<void> {
    const lines = ITEMS.map(({ id, text }, at) => record({ id, text: change(text, at) }));
    await writeFile(join(pack.projectDir, 'items', 'items.jsonl'), lines.join(''));
    const overrides = { dropNearDuplicates: false };
    const input = { source: 'items', name, recipe: 'minimal', overrides };
    await (await pack.start('cleanDataset', input, `items-${(cleanings += 1)}`)).result();
  }

  let runs = 0;
  const start = (golden: object, more: object = {}) =>
    pack.start('rebuildIndex', { dataset: name, golden, ...more }, `golden-${(runs += 1)}`);
  const resultOf = async (handle: WorkflowHandle) => rebuildIndexStage.output.parse(await handle.result());
  const failureOf = async (handle: WorkflowHandle): Promise<ApplicationFailure> => {
    const error: unknown = await handle.result().catch((thrown: unknown) => thrown);
    return (error as WorkflowFailedError).cause as ApplicationFailure;
  };
  const progressOf = (handle: WorkflowHandle) => handle.query<StageProgress>(MESSAGES.progress);
  const untilHeld = async (handle: WorkflowHandle) => {
    await vi.waitFor(async () => expect((await progressOf(handle)).status).toBe('holding'), { timeout: 60_000 });
    return progressOf(handle);
  };

  it('fits how the index is searched, keeps that with it, and puts the evaluation on record', async () => {
    const handle = await start({ path: 'golden.jsonl' });
    first = await resultOf(handle);
    const { search, registry } = pack.dependencies;
    expect(first).toMatchObject({ outcome: 'published', evaluation: { live: null } });
    expect(first.evaluation?.ndcg?.mean).toBeGreaterThan(0.9);
    expect((await progressOf(handle)).findings).toContainEqual(
      expect.stringMatching(/^other scripts \(\d+ queries\): /),
    );

    const physical = first.index?.physical ?? '';
    expect((await readIndexMeta(search, physical)).profile).toEqual(first.profile);
    const [item] = ITEMS;
    const answer = await answerQuery(search, await pack.dependencies.encoder(), {
      alias: name,
      query: item?.query ?? '',
    });
    expect(answer).toMatchObject({ index: physical, fusion: first.profile?.other });
    expect(answer.hits[0]?.document.id).toBe(idOf(item?.id ?? ''));

    const recorded = await registry.evaluation({ kind: 'index', name, version: 1 });
    expect(recorded).toMatchObject({ passed: true, metrics: { queries: first.evaluation?.queries, objection: null } });
  });

  it('lets an index through that answers as well as the live one, by golden queries of an artifact too', async () => {
    const recorded = await pack.dependencies.registry.evaluation({ kind: 'index', name, version: 1 });
    const { golden: path } = recorded?.metrics as { golden: string };
    await publish((text) => `${text} It is shown on Sundays.`);
    const output = await resultOf(await start({ path }));
    expect(output).toMatchObject({ outcome: 'published', previous: first.index?.physical });
    expect(output.evaluation?.live).toMatchObject({ physical: first.index?.physical });
    expect(output.approval).toBeUndefined();
  });

  it('is held where the index may answer worse, with the evaluation for a person to read', async () => {
    const before = await aliasHolders(pack.dependencies.search, name);
    // Every second item lost what it is about.
    await publish((text, at) => (at % 2 ? `Item ${at}. Bought in 18${10 + at}.` : text));
    const handle = await start({ path: 'golden.jsonl' });
    const { hold } = await untilHeld(handle);
    expect(hold).toMatch(/^nDCG@10 moves by -0\.\d+ \(-0\.\d+ to -0\.\d+\) on \d+ golden queries, which may be a loss/);
    const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(currentDetails).toMatch(/\| nDCG@10 \| 0\.\d+ \(0\.\d+ to 0\.\d+\) \|/);
    expect(await aliasHolders(pack.dependencies.search, name)).toEqual(before);

    await handle.executeUpdate(MESSAGES.reject, { args: [{ by: 'Ada', note: 'texts are missing' }] });
    const failure = await failureOf(handle);
    expect(failure.type).toBe('Rejected');
    expect(await aliasHolders(pack.dependencies.search, name)).toEqual(before);
    const recorded = await pack.dependencies.registry.evaluation({ kind: 'index', name, version: 3 });
    expect(recorded?.passed).toBe(false);
    expect((recorded?.metrics as Evaluation).live?.gain.high).toBeLessThan(0);
  });

  it('ends where the input wants no person asked', async () => {
    const failure = await failureOf(await start({ path: 'golden.jsonl', onWorse: 'fail' }));
    expect(failure.type).toBe('GateRefused');
    expect(failure.message).toContain('Remedy: What is live stays.');
  });

  it('goes live when a person approves it, and says who', async () => {
    const handle = await start({ path: 'golden.jsonl' });
    await untilHeld(handle);
    await handle.executeUpdate(MESSAGES.approve, { args: [{ by: 'Bob', note: 'known' }] });
    const output = await resultOf(handle);
    expect(output.approval).toEqual({ by: 'Bob', note: 'known' });
    expect(await aliasHolders(pack.dependencies.search, name)).toEqual([output.index?.physical]);
  });

  it('fits nothing to a handful of queries, and says so', async () => {
    const handle = await start({ path: 'few.jsonl' });
    const output = await resultOf(handle);
    expect(output.profile).toEqual(DEFAULT_PROFILE);
    expect(output.evaluation).toMatchObject({ ndcg: null });
    const { warnings } = await progressOf(handle);
    expect(warnings.join('\n')).toMatch(/golden queries to fit on, of 30 that it takes/);
    expect(warnings.join('\n')).toMatch(/golden queries are held out, of 10 that it takes/);
  });

  it('ends where the index has none of the documents that they name', async () => {
    const failure = await failureOf(await start({ path: 'foreign.jsonl' }));
    expect(failure).toMatchObject({ type: 'ReferenceUnreadable' });
    expect(failure.message).toContain('None of the documents that golden queries name');
  });

  it('ends before anything is built where the golden queries can not be read', async () => {
    const broken = await failureOf(await start({ path: 'broken.jsonl' }));
    expect(broken).toMatchObject({ type: 'ReferenceUnreadable' });
    expect(broken.message).toContain('Line 2 of "broken.jsonl"');
    expect(await failureOf(await start({ path: '/etc/passwd' }))).toMatchObject({ type: 'SourceNotAllowed' });
  });
});
