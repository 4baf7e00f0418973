import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { stageProgress } from '../../schemas/common';
import { MESSAGES, QUEUES, workflowId } from '../../schemas/names';
import { MAX_TOLD_BYTES } from '../../schemas/told-changes';
import { tellChanges, type TellChange } from '../../workers/tell-changes';
import { startPack } from '../support/pack';
import { sharedServers } from '../support/shared-servers';

const TIMEOUT = { timeout: 20_000, interval: 200 };

describe('changes that a feed is told by signal', () => {
  const name = `told-${process.pid}-${Date.now()}`;
  const feedId = workflowId('indexFeed', name);
  let pack: Awaited<ReturnType<typeof startPack>>;
  const tell = (...changes: TellChange[]) => tellChanges(pack.client, { index: name, changes });
  const feed = () => pack.client.workflow.getHandle(feedId);
  /** Texts of a document as a search finds them. */
  const found = async (document: string): Promise<string[]> => {
    const query = { term: { doc_id: document } };
    const { hits } = await pack.dependencies.search.search<{ text: string }>({ index: name, query, _source: ['text'] });
    return hits.hits.map(({ _source }) => _source?.text ?? '');
  };
  const pending = async () => (await pack.dependencies.registry.updates.backlog(name)).pending;

  beforeAll(async () => {
    pack = await startPack(sharedServers());
    await mkdir(join(pack.projectDir, 'docs'));
    const text =
      '# Gates\n\nA gate compares measured metrics with thresholds, and waits for a person where they fall.\n';
    await writeFile(join(pack.projectDir, 'docs', 'gates.md'), text);
    const input = { source: 'docs', name, recipe: 'minimal' };
    await (await pack.start('cleanDataset', input, `clean-${name}`)).result();
    await (await pack.start('rebuildIndex', { dataset: name, rollbackHours: 0 }, `rebuild-${name}`)).result();
  });
  afterAll(async () => {
    await feed()
      .terminate()
      .catch(() => undefined);
    await pack.stop();
  });

  it('start it, and are searchable in their order, of each document the last', async () => {
    const versions = Array.from({ length: 30 }, (_, at) => ({ document: 'told.md', text: `State number ${at}.` }));
    expect(await tell(...versions, { document: 'gates.md', deleted: true })).toBe(1);
    await vi.waitFor(async () => expect(await found('told.md')).toEqual(['State number 29.']), TIMEOUT);
    await vi.waitFor(async () => expect(await found('gates.md')).toEqual([]), TIMEOUT);
  });

  it('go to the one that runs, and do not go back behind what is known', async () => {
    const { runId } = await feed().describe();
    await tell({ document: 'versioned.md', text: 'The second.', version: 2 });
    await tell(
      { document: 'versioned.md', text: 'The first, late.', version: 1 },
      { document: 'mark.md', text: 'Mark.' },
    );
    await vi.waitFor(async () => expect(await found('mark.md')).toEqual(['Mark.']), TIMEOUT);
    expect(await found('versioned.md')).toEqual(['The second.']);
    expect((await feed().describe()).runId).toBe(runId);
  });

  it('that are wrong are named in a warning, and what comes after is taken', async () => {
    await feed().signal(MESSAGES.change, { changes: [{ document: '', text: 'Of nothing.' }] });
    await feed().signal(MESSAGES.change, 'not an object');
    await tell({ document: 'after.md', text: 'After the wrong ones.' });
    await vi.waitFor(async () => expect(await found('after.md')).toEqual(['After the wrong ones.']), TIMEOUT);
    const { warnings } = stageProgress.parse(await feed().query(MESSAGES.progress));
    expect(warnings.join('\n')).toMatch(/"change" was not taken: changes\.0\.document/);
  });

  it('are put into the outbox while it is paused, and also where it is cancelled at once', async () => {
    await feed().executeUpdate(MESSAGES.pause);
    await tell({ document: 'paused.md', text: 'Told in a pause.' });
    await vi.waitFor(async () => expect(await pending()).toBe(1), TIMEOUT);
    await tell({ document: 'cancelled.md', text: 'Told before the end.' });
    await feed().cancel();
    await expect(feed().result()).rejects.toThrow();
    await vi.waitFor(async () => expect(await pending()).toBe(2), TIMEOUT);
    expect(await found('paused.md')).toEqual([]);
  });

  it('are all taken by one that ends once nothing waits', async () => {
    const handle = await pack.client.workflow.signalWithStart('indexFeed', {
      workflowId: feedId,
      taskQueue: QUEUES.llm,
      args: [{ index: name, untilIdle: true }],
      signal: MESSAGES.change,
      signalArgs: [{ changes: [{ document: 'last.md', text: 'The last one.' }] }],
    });
    const output = (await handle.result()) as { counts: { changes: number } };
    expect(output.counts.changes).toBe(3);
    expect([await found('last.md'), await found('cancelled.md')].flat()).toEqual([
      'The last one.',
      'Told before the end.',
    ]);
    expect(await pending()).toBe(0);
  });

  it('are refused where a text is too large for a signal', async () => {
    const large = { document: 'large.md', text: '字'.repeat(MAX_TOLD_BYTES / 3 + 1) };
    await expect(tell({ document: 'small.md', text: 'Small.' }, large)).rejects.toThrow(RangeError);
  });
});
