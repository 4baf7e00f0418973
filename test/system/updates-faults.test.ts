import type { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { elasticsearchIsReady } from '../../workers/stack/elasticsearch/node';
import { startRefusingProxy, type RefusingProxy } from '../support/refusing-proxy';
import { sharedServers } from '../support/shared-servers';
import type { Build } from '../integration/indexing-fixture';
import { openUpdating, type Updating } from '../integration/updating-fixture';

let proxy: RefusingProxy;
let updating: Updating;
let name: string;
let build: Build;
beforeAll(async () => {
  proxy = await startRefusingProxy(sharedServers().elasticsearchUrl);
  updating = await openUpdating({ elasticsearchUrl: proxy.url });
  name = `faults-${process.pid}-${Date.now()}`;
  await updating.publishDataset(name, [note('At first.')]);
  build = await updating.rebuild(name, name);
});
afterAll(async () => {
  await updating.close();
  await proxy.close();
});

const note = (text: string) => ({ id: 'doc', source: 'doc', title: 'doc', text });
const pending = async () => (await updating.registry.updates.backlog(name)).pending;
/** The failure of an attempt, which must be one that is retried. */
const failureOf = async (attempt: Promise<unknown>): Promise<ApplicationFailure> => {
  const failure: unknown = await attempt.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ nonRetryable: false });
  return failure as ApplicationFailure;
};
const block = (setting: 'write' | 'read_only_allow_delete', on: boolean) =>
  updating.search.indices.putSettings({
    index: build.index.physical,
    settings: { [`index.blocks.${setting}`]: on ? true : null },
  });

describe('a change waits, and nothing is lost, while Elasticsearch', () => {
  it('answers 429 to a write, and comes back when it was told to', async () => {
    await updating.change(name, note('After the refusal.'));
    const batch = await updating.embedPending(name);
    proxy.refuse('/_bulk', 2);
    expect(await failureOf(batch.apply())).toMatchObject({ type: 'Unavailable', nextRetryDelay: 1_000 });
    await failureOf(batch.apply());
    expect(await pending()).toBe(1);
    expect(await updating.found(name, 'doc')).toEqual(['At first.']);
    await batch.apply();
    expect(proxy.refused).toBe(2);
    expect(await updating.found(name, 'doc')).toEqual(['After the refusal.']);
  });

  it('answers 429 to the refresh, when all is written', async () => {
    await updating.change(name, note('Written, not yet shown.'));
    const batch = await updating.embedPending(name);
    proxy.refuse('/_refresh', 1);
    expect(await failureOf(batch.apply())).toMatchObject({ type: 'Unavailable' });
    expect(await updating.found(name, 'doc')).toEqual(['After the refusal.']);
    await batch.apply();
    expect(await updating.found(name, 'doc')).toEqual(['Written, not yet shown.']);
    expect(await pending()).toBe(0);
  });

  it.each([
    ['is full', 'read_only_allow_delete', 'StorageFull'],
    ['is read-only', 'write', 'Unavailable'],
  ] as const)('%s, and says so', async (what, setting, code) => {
    await updating.change(name, note(`Written although it ${what}.`));
    const batch = await updating.embedPending(name);
    await block(setting, true);
    const failure = await failureOf(batch.apply());
    expect(failure.type).toBe(code);
    expect(failure.message).toContain(build.index.physical);
    expect(await pending()).toBe(1);
    await block(setting, false);
    await batch.apply();
    expect(await updating.found(name, 'doc')).toEqual([`Written although it ${what}.`]);
  });

  it('is killed', async () => {
    await updating.change(name, note('After the crash.'));
    const batch = await updating.embedPending(name);
    const { nodes } = await updating.search.nodes.info({ metric: 'process' });
    process.kill(Object.values(nodes)[0]?.process?.id ?? 0, 'SIGKILL');
    expect(await failureOf(batch.apply())).toMatchObject({ type: 'Unavailable' });
    const isReady = () => elasticsearchIsReady(updating.url).catch(() => false);
    await expect.poll(isReady, { timeout: 60_000, interval: 250 }).toBe(true);
    await batch.apply();
    expect(await updating.found(name, 'doc')).toEqual(['After the crash.']);
  });
});
