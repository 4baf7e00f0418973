import { createHash } from 'node:crypto';
import { Client } from 'pg';
import { expect, it } from 'vitest';
import { isFailure } from '../../activities/errors';
import { createPromotionActivities } from '../../activities/promotion';
import { findModel } from '../../activities/training/models/model-folder';
import type { Registry } from '../../activities/stores/registry';
import type { NewDecision } from '../../activities/stores/registry-decisions';
import type { PromoteVersionInput } from '../../schemas/promote-version';
import { withRegistry } from '../support/registry';

const sha = (text: string) => createHash('sha256').update(text).digest('hex');
const is = (code: Parameters<typeof isFailure>[1]) => (error: unknown) => isFailure(error, code);

let url: string;
let registry: Registry;
let promotion: ReturnType<typeof createPromotionActivities>;
withRegistry(async (opened) => {
  ({ registry, url } = opened);
  promotion = createPromotionActivities({ registry });
  for (const version of [1, 2, 3]) await publish(version);
});

async function begin(name: string): Promise<string> {
  const inputs = [sha('data')];
  const about = { stage: 'importModel', subject: 'bot', workflowId: `run-${name}`, runId: 'run', recipe: {} };
  await registry.beginWork({ ...about, workKey: sha(name), inputs, codeVersion: 1 });
  return sha(name);
}

/** The next version of the model `bot`. */
async function publish(version: number): Promise<void> {
  const artifact = { uri: `artifact:model/${sha(`${version}`)}`, sha256: sha(`${version}`), bytes: 1, rows: 1 };
  await registry.finishWork(await begin(`version ${version}`), (transaction) =>
    transaction.addModelVersion({
      ...{ name: 'bot', kind: 'causal-lm', architecture: 'LlamaForCausalLM', parameters: 1, licence: 'mit' },
      ...{ source: 'path:bot', base: null, metrics: {}, artifact: { ...artifact, kind: 'model' } },
    }),
  );
}

const verdict = (version: number, says: NewDecision['verdict']): NewDecision => ({
  ...{ kind: 'model', name: 'bot', version, reference: version - 1 || null, verdict: says },
  ...{ reasons: [`${says}: +0.02 (0.01 to 0.03)`], gate: 'no worse by 0.01', intervals: { gain: [0.01, 0.03] } },
  inputs: [sha('cases')],
});
const decided = async (name: string, decision: NewDecision) =>
  registry.finishWork(await begin(name), (transaction) => transaction.addDecision(decision));

const wanted = (version: PromoteVersionInput['version']): PromoteVersionInput => ({
  ...{ kind: 'model', name: 'bot', version, reason: 'better', by: 'Ada' },
  ...{ onUnproven: 'hold', force: false, dryRun: false },
});
const planned = async (version: PromoteVersionInput['version']) => {
  const { sha256: _, after, objection: __, ...rest } = await promotion.planPromotion(wanted(version));
  return { input: wanted(version), planned: rest, after };
};
/** As the workflow does it, where nobody is asked. */
const promote = async (version: PromoteVersionInput['version'], name = `promote ${version}`) =>
  promotion.recordPromotion({ ...(await planned(version)), workKey: await begin(name) });

it('keeps every verdict once, also those that promote nothing', async () => {
  await decided('one', verdict(2, 'reject'));
  const approval = { approved: true, by: 'Grace', note: 'seen' };
  const id = await decided('two', { ...verdict(3, 'promote'), approval });
  expect(await decided('two', verdict(3, 'hold'))).toBe(id);
  expect(await registry.decisions({ name: 'bot', limit: 5 })).toMatchObject([
    { id, version: 3, reference: 2, verdict: 'promote', approval, inputs: [sha('cases')], workflowId: 'run-two' },
    { version: 2, verdict: 'reject', approval: null, intervals: { gain: [0.01, 0.03] } },
  ]);
});

it('says what speaks against a version: no verdict, or one that does not promote', async () => {
  const objection = async (version: number) => (await promotion.planPromotion(wanted(version))).objection;
  expect(await objection(2)).toBe('nothing was decided of bot@2 yet');
  await decided('one', verdict(2, 'reject'));
  expect(await objection(2)).toMatch(/^the last verdict on bot@2 is reject: reject: \+0\.02/);
  await decided('two', verdict(2, 'promote'));
  expect(await objection(2)).toBeNull();
});

it('makes a version live, tells who listens, and goes back and forth', async () => {
  const listener = new Client({ connectionString: url });
  await listener.connect();
  const told: unknown[] = [];
  listener.on('notification', ({ payload }) => told.push(JSON.parse(payload ?? 'null')));
  await listener.query('listen llm_pack_production');

  await expect(findModel(registry, 'bot@production')).rejects.toSatisfy(is('ModelVersionNotFound'));
  await expect(promotion.planPromotion(wanted('previous'))).rejects.toSatisfy(is('NothingToUndo'));
  const id = await decided('two', verdict(2, 'promote'));
  expect(await promote(1)).toMatchObject({ outcome: 'published', version: 1, previous: null });
  expect(await promote(2)).toMatchObject({ version: 2, previous: 1, decision: { id } });
  expect((await findModel(registry, 'bot@production')).version).toBe(2);
  expect((await findModel(registry, 'bot')).version).toBe(3);
  expect((await promotion.planPromotion(wanted('latest'))).version).toBe(3);
  expect(await promote('previous')).toMatchObject({ version: 1, previous: 2 });
  expect(await promote('previous', 'again')).toMatchObject({ version: 2, previous: 1 });

  const moves = await registry.promotions({ kind: 'model', limit: 10 });
  expect(moves.map(({ version, previous, decision }) => [version, previous, decision])).toEqual([
    [2, 1, id],
    [1, 2, null],
    [2, 1, id],
    [1, null, null],
  ]);
  await expect.poll(() => told).toHaveLength(4);
  expect(told[1]).toEqual({ kind: 'model', name: 'bot', version: 2 });
  await listener.end();
});

it('moves once, however often the same move is recorded', async () => {
  const move = await planned(1);
  const workKey = await begin('once');
  const record = () => promotion.recordPromotion({ ...move, workKey });
  const all = await Promise.all(Array.from({ length: 8 }, record));
  for (const output of all) expect(output).toEqual(all[0]);
  expect(await registry.promotions({ name: 'bot', limit: 10 })).toHaveLength(1);
  // Planned anew it is the same work: from the same state to the same version.
  expect(await planned(1)).toEqual(move);
});

it('of two at once that were decided on the same state lets one through, and supersedes the other', async () => {
  await promote(1);
  const moves = [
    { ...(await planned(2)), workKey: await begin('two') },
    { ...(await planned(3)), workKey: await begin('three') },
  ];
  const both = await Promise.allSettled(moves.map((move) => promotion.recordPromotion(move)));
  const failed = both.filter((end) => end.status === 'rejected');
  expect(failed).toHaveLength(1);
  expect(failed[0]?.reason).toSatisfy(is('Superseded'));
  expect(await registry.promotions({ name: 'bot', limit: 10 })).toHaveLength(2);
});

it('does not let a slow run take back what a later one has put out', async () => {
  await promote(3);
  const late = registry.finishWork(await begin('late'), (transaction) =>
    transaction.promoteModel({ name: 'bot', version: 2, reason: 'measured' }),
  );
  await expect(late).rejects.toSatisfy(is('Superseded'));
  expect((await registry.production('model', 'bot'))?.version).toBe(3);
});
