import { createHash } from 'node:crypto';
import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { isFailure } from '../../activities/errors';
import type { Registry } from '../../activities/stores/registry';
import { STRATEGY_CHANNEL } from '../../activities/stores/registry-strategies';
import { addStrategy, withRegistry } from '../support/registry';

const sha = (text: string) => createHash('sha256').update(text).digest('hex');
const is = (code: Parameters<typeof isFailure>[1]) => (error: unknown) => isFailure(error, code);
const name = 'ranking';

let url: string;
let registry: Registry;
withRegistry((opened) => ({ registry, url } = opened));

const strategy = (body: string, promote = false) => addStrategy(registry, name, body, promote);
const claim = (rollout: string, version: number, force = false) =>
  registry.strategies.claim({ name, rollout, version, force, at: new Date().toISOString() });
const move = (rollout: string, candidate: number, share: number) =>
  registry.strategies.moveCandidate({ name, key: `${rollout}/${share}`, rollout, candidate, share, reason: 'step' });
const back = (rollout: string, version: number, coolDownHours = 0) =>
  registry.strategies.rollBack({
    name,
    key: `${rollout}/end`,
    rollout,
    version,
    reason: 'worse',
    coolDownHours,
    at: new Date().toISOString(),
  });

describe('the pointer of a strategy', () => {
  it('gives equal content the version that it was', async () => {
    expect(await strategy('a')).toBe(1);
    expect(await strategy('a')).toBe(1);
    expect(await strategy('b')).toBe(2);
  });

  it('moves once for each key, with a sequence that only rises, and tells whoever listens', async () => {
    const first = await strategy('a', true);
    const second = await strategy('b');
    const client = new Client({ connectionString: url });
    await client.connect();
    const told: (string | undefined)[] = [];
    client.on('notification', ({ payload }) => told.push(payload));
    await client.query(`listen ${STRATEGY_CHANNEL}`);
    await claim('w/1', second);
    const attempts = await Promise.all([move('w/1', second, 0.01), move('w/1', second, 0.01)]);
    expect(attempts.map(({ sequence }) => sequence)).toEqual([2, 2]);
    expect(await move('w/1', second, 0.05)).toMatchObject({ live: first, candidate: second, share: 0.05, sequence: 3 });
    await client.query('select 1');
    await client.end();
    expect(told).toEqual([name, name]);
  });

  it('is taken back from a rollout whose late attempts are then refused', async () => {
    const first = await strategy('a', true);
    const second = await strategy('b');
    await claim('w/1', second);
    await move('w/1', second, 0.01);
    expect(await back('w/1', second)).toMatchObject({ live: first, candidate: null, share: 0, rollout: null });
    await expect(move('w/1', second, 0.05)).rejects.toSatisfy(is('Superseded'));
    expect(await registry.strategies.pointer(name)).toMatchObject({ candidate: null, share: 0, sequence: 3 });
  });

  it('is one rollout at a time, but for a later run of the same workflow or by force', async () => {
    await strategy('a', true);
    const second = await strategy('b');
    await claim('one/1', second);
    await expect(claim('two/1', second)).rejects.toSatisfy(is('RolloutRunning'));
    expect(await claim('one/2', second)).toMatchObject({ rollout: 'one/2' });
    expect(await claim('two/1', second, true)).toMatchObject({ rollout: 'two/1' });
    // What the one before still wants is over.
    await expect(move('one/2', second, 0.01)).rejects.toSatisfy(is('Superseded'));
  });

  it('refuses a version that did harm until it has cooled down, but by force', async () => {
    await strategy('a', true);
    const second = await strategy('b');
    await claim('w/1', second);
    await back('w/1', second, 1);
    await expect(claim('w/2', second)).rejects.toSatisfy(is('StrategyRefused'));
    expect(await claim('w/2', second, true)).toMatchObject({ rollout: 'w/2' });
  });

  it('turns a knob without touching who gets what', async () => {
    await strategy('a', true);
    const second = await strategy('b');
    await claim('w/1', second);
    await move('w/1', second, 0.1);
    const turn = { name, key: 'knob/1', knob: 'bid', value: 0.4, reason: 'below target' };
    await registry.strategies.turnKnob(turn);
    expect(await registry.strategies.turnKnob(turn)).toMatchObject({ share: 0.1, knobs: { bid: 0.4 }, sequence: 3 });
  });

  it('goes live once, with a row in the history of promotions', async () => {
    const first = await strategy('a', true);
    const second = await strategy('b');
    await claim('w/1', second);
    await move('w/1', second, 0.5);
    const promote = () =>
      registry.finishWork(sha('work of b'), async (transaction) => {
        await transaction.promoteStrategy({ name, version: second, reason: 'no loss', rollout: 'w/1' });
        return { done: true };
      });
    await Promise.all([promote(), promote()]);
    expect(await registry.strategies.pointer(name)).toMatchObject({ live: second, candidate: null, sequence: 3 });
    const [promotion, ...rest] = await registry.promotions({ kind: 'strategy', name, limit: 5 });
    expect(promotion).toMatchObject({ version: second, previous: first, undo: { version: first } });
    expect(rest).toHaveLength(1);
  });

  it('is taken back with its verdict, which is entered once', async () => {
    const first = await strategy('a', true);
    const second = await strategy('b');
    await claim('w/1', second);
    await move('w/1', second, 0.5);
    const decision = {
      ...{ reference: first, verdict: 'reject' as const, reasons: ['clicks is worse'] },
      ...{ gate: 'no loss of clicks', intervals: [], inputs: [sha('rows')] },
    };
    const workKey = sha('work of b');
    const end = { name, key: 'w/1/end', rollout: 'w/1', version: second, reason: 'worse', coolDownHours: 1 };
    const takeBack = () =>
      registry.strategies.rollBack({ ...end, at: new Date().toISOString(), verdict: { workKey, decision } });
    await Promise.all([takeBack(), takeBack()]);
    expect(await registry.strategies.pointer(name)).toMatchObject({ live: first, candidate: null, sequence: 3 });
    const decisions = await registry.decisions({ kind: 'strategy', name, limit: 5 });
    expect(decisions).toMatchObject([{ version: second, reference: first, verdict: 'reject', inputs: [sha('rows')] }]);
  });

  it('goes live with the verdict that it follows', async () => {
    await strategy('a', true);
    const second = await strategy('b');
    await claim('w/1', second);
    const decision = {
      ...{ reference: 1, verdict: 'hold' as const, reasons: ['no harm'], gate: 'no loss of clicks', intervals: [] },
      ...{ inputs: [], approval: { approved: true, by: 'Ada', note: '' } },
    };
    await registry.finishWork(sha('work of b'), async (transaction) => {
      const approvedBy = 'Ada';
      await transaction.promoteStrategy({
        name,
        version: second,
        reason: 'fine',
        approvedBy,
        rollout: 'w/1',
        decision,
      });
      return {};
    });
    const [verdict] = await registry.decisions({ kind: 'strategy', name, limit: 1 });
    const [promotion] = await registry.promotions({ kind: 'strategy', name, limit: 1 });
    expect(verdict).toMatchObject({ version: second, approval: { approved: true, by: 'Ada' } });
    expect(promotion).toMatchObject({ version: second, decision: verdict?.id, approvedBy: 'Ada' });
  });
});
