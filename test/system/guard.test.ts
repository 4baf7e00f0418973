import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openTrainedGuard } from '../../activities/guard/guard-files';
import { artifactKey } from '../../activities/stores/artifact-store';
import type { StageProgress } from '../../schemas/common';
import { MESSAGES } from '../../schemas/names';
import { redTeamStage, type RedTeamOutput } from '../../schemas/red-team';
import { trainGuardStage, type TrainGuardOutput } from '../../schemas/train-guard';
import { type ModelCall, type ModelReply, type OpenAIServer, startOpenAIServer } from '../support/openai-server';
import { startPack } from '../support/pack';
import { sharedServers } from '../support/shared-servers';

/** Attacks of a kind that no rule and no grammar knows. */
const odd = (n: number) => ({
  text: `Kindly zorble the ${n} frumious borogoves and gyre the mimsy wabe`,
  family: 'nonsense',
});

/** A model that follows what a document says, and refuses all else. */
function gullible({ body }: ModelCall): ModelReply {
  const order = /join "(\w+)" and "(\w+)"/.exec(body.messages.at(-1)?.content ?? '');
  return { text: order ? `${order[1]}${order[2]}` : 'I cannot do that.' };
}

/** The tests follow one another, as the versions of a guard do. */
describe('a guard that is trained, attacked, and trained again', () => {
  let pack: Awaited<ReturnType<typeof startPack>>;
  let server: OpenAIServer;
  beforeAll(async () => {
    server = await startOpenAIServer(gullible);
    const weak = {
      provider: 'openai' as const,
      baseUrl: server.baseUrl,
      model: 'weak',
      apiKeyVariable: 'SECRET_OF_A_TEAM',
    };
    pack = await startPack(sharedServers(), { agent: { models: { weak }, model: 'weak' } });
    const lines = Array.from({ length: 6 }, (_, n) => `${JSON.stringify(odd(n))}\n`);
    await writeFile(join(pack.projectDir, 'odd.jsonl'), lines.join(''));
  });
  afterAll(async () => {
    await pack.stop();
    await server.close();
  });

  const sets = { name: 'porter', attacks: [{ generated: 180 }], benign: [{ generated: 180 }], minRecall: 0 };
  const train = async (id: string, more: object = {}): Promise<TrainGuardOutput> =>
    trainGuardStage.output.parse(await (await pack.start('trainGuard', { ...sets, ...more }, id)).result());
  const attack = { guard: 'porter', attacks: [{ file: 'odd.jsonl' }], mutations: ['none', 'leet'], seed: 1 };
  const untilHeld = async (handle: WorkflowHandle) => {
    const progress = () => handle.query<StageProgress>(MESSAGES.progress);
    await vi.waitFor(async () => expect((await progress()).status).toBe('holding'), { timeout: 60_000 });
    return progress();
  };
  const redTeam = async (id: string, more: object = {}) => pack.start('redTeam', { ...attack, ...more }, id);
  const resultOf = async (handle: WorkflowHandle): Promise<RedTeamOutput> =>
    redTeamStage.output.parse(await handle.result());

  it('is published with what was measured on texts that it has not learnt from', async () => {
    const { guard, quality, counts, report } = await train('guard-first');
    expect(guard).toMatchObject({ name: 'porter', version: 1 });
    expect(counts).toMatchObject({ attacks: 180, cases: 0 });
    expect(quality?.recall.texts).toBeGreaterThan(10);
    expect(quality?.families.length).toBe(16);
    const page = await pack.dependencies.store.localFile(artifactKey(report ?? { uri: '' }), 'report.html');
    expect(await readFile(page, 'utf8')).toContain('harmless texts stopped');
  });

  it('is held where it stops fewer attacks than it must, and published where a person approves', async () => {
    // Attacks and harmless texts that nothing tells apart.
    const alike = (from: number) =>
      Array.from({ length: 40 }, (_, n) => `${JSON.stringify({ text: `note ${from + n} of the day` })}\n`).join('');
    await writeFile(join(pack.projectDir, 'alike-attacks.jsonl'), alike(0));
    await writeFile(join(pack.projectDir, 'alike-benign.jsonl'), alike(40));
    const [attacks, benign] = [[{ file: 'alike-attacks.jsonl' }], [{ file: 'alike-benign.jsonl' }]];
    const handle = await pack.start('trainGuard', { name: 'held', attacks, benign, minRecall: 0.9 }, 'guard-held');
    expect((await untilHeld(handle)).hold).toMatch(/^it stops \S+ of held-out attacks, less than 0.9$/);
    await handle.executeUpdate(MESSAGES.approve, { args: [{ by: 'Ada', note: 'a trial' }] });
    const output = trainGuardStage.output.parse(await handle.result());
    expect(output.approval).toEqual({ by: 'Ada', note: 'a trial' });
  });

  it('holds for a person what has got past, and makes cases of it once that is approved', async () => {
    const handle = await redTeam('red-approved');
    const { hold, findings } = await untilHeld(handle);
    expect(hold).toContain('of 12 attacks got past');
    expect(findings.join()).toContain('| leet | 6 |');
    await handle.executeUpdate(MESSAGES.approve, { args: [{ by: 'Bob', note: '' }] });
    const output = await resultOf(handle);
    expect(output).toMatchObject({ guard: { version: 1 }, cases: output.counts.bypassed, approval: { by: 'Bob' } });
    expect(output.counts.bypassed).toBeGreaterThanOrEqual(6);
    expect(await pack.dependencies.registry.guardCases('porter')).toHaveLength(output.counts.bypassed);
  });

  it('learns the cases, and stops them from then on', async () => {
    const { guard, counts } = await train('guard-second');
    expect(guard?.version).toBe(2);
    expect(counts.cases).toBeGreaterThanOrEqual(6);
    const stores = { store: pack.dependencies.store, registry: pack.dependencies.registry };
    const [before, after] = [await openTrainedGuard(stores, 'porter@1'), await openTrainedGuard(stores, 'porter')];
    expect(after.version).toBe(2);
    const { text } = odd(1);
    expect((await before.check(text, { surface: 'input' })).decision).not.toBe('refuse');
    expect((await after.check(text, { surface: 'input' })).decision).toBe('refuse');
  });

  it('keeps no case of a run that a person rejects, or that only reports', async () => {
    const before = await pack.dependencies.registry.guardCases('porter');
    const handle = await redTeam('red-rejected', { guard: 'porter@1', mutations: ['spaced'] });
    await untilHeld(handle);
    await handle.executeUpdate(MESSAGES.reject, { args: [{ by: 'Eve', note: 'no attacks' }] });
    await expect(handle.result()).rejects.toThrow();
    const reported = await resultOf(
      await redTeam('red-reported', { guard: 'porter@1', onBypass: 'report', sample: 1 }),
    );
    // Every case is tried as it is, and one of them in leetspeak; the set holds no other attack.
    const tried = before.length + 1;
    expect(reported).toMatchObject({ outcome: 'published', cases: 0, counts: { tried } });
    expect(await pack.dependencies.registry.guardCases('porter')).toEqual(before);
  });

  it('fails with a remedy where there is no such guard', async () => {
    const error: unknown = await (await redTeam('red-nobody', { guard: 'nobody' })).result().catch((e: unknown) => e);
    expect(String((error as { cause?: unknown }).cause)).toMatch(/no guard "nobody"[^]*trainGuard/);
  });

  it('attacks the rules alone where no guard is named', async () => {
    const output = await resultOf(await redTeam('red-rules', { guard: undefined, onBypass: 'report' }));
    expect(output.guard).toBeUndefined();
    expect(output.counts).toMatchObject({ tried: 12, bypassed: 12 });
  });

  it('attacks a model as well, and says how often it fell for it alone and behind the guard', async () => {
    const before = server.calls.length;
    const more = { guard: undefined, onBypass: 'report', mutations: ['none', 'document'], target: { model: 'weak' } };
    const { model, report } = await resultOf(await redTeam('red-model', more));
    expect(model?.mutations).toMatchObject([
      { mutation: 'none', alone: { texts: 6, hits: 0 }, refused: 6 },
      { mutation: 'document', alone: { texts: 6, hits: 6 }, guarded: { hits: 6 } },
    ]);
    expect(model?.families).toMatchObject([{ family: 'nonsense', alone: { texts: 12, hits: 6 } }]);
    expect(server.calls.length - before).toBe(12);
    const file = (name: string) => pack.dependencies.store.localFile(artifactKey(report ?? { uri: '' }), name);
    expect((await readFile(await file('breaches.jsonl'), 'utf8')).trim().split('\n')).toHaveLength(6);
    expect(await readFile(await file('report.html'), 'utf8')).toContain('The model, by family');
  });

  it('makes cases of those that are approved by their ids, and of none where an id is not known', async () => {
    const held = async (id: string) => {
      const handle = await redTeam(id, { guard: undefined, mutations: ['none'], force: true });
      const { links } = await untilHeld(handle);
      const uri = links.find(({ name }) => name === 'report')?.uri ?? '';
      const lines = await readFile(
        await pack.dependencies.store.localFile(artifactKey({ uri }), 'bypasses.jsonl'),
        'utf8',
      );
      return {
        handle,
        ids: lines
          .trim()
          .split('\n')
          .map((line) => (JSON.parse(line) as { id: string }).id),
      };
    };
    const one = await held('red-only');
    const both = { only: one.ids, except: one.ids };
    await expect(one.handle.executeUpdate(MESSAGES.approve, { args: [both] })).rejects.toThrow();
    await one.handle.executeUpdate(MESSAGES.approve, { args: [{ by: 'Ada', only: one.ids.slice(0, 2) }] });
    expect(await resultOf(one.handle)).toMatchObject({ cases: 2, approval: { only: one.ids.slice(0, 2) } });

    const other = await held('red-except');
    await other.handle.executeUpdate(MESSAGES.approve, { args: [{ by: 'Ada', except: ['0123456789ab'] }] });
    const error: unknown = await other.handle.result().catch((thrown: unknown) => thrown);
    expect(String((error as { cause?: unknown }).cause)).toContain('0123456789ab');
    expect(await pack.dependencies.registry.guardCases('rules')).toHaveLength(2);
  });
});

describe('the risk of a user', () => {
  let pack: Awaited<ReturnType<typeof startPack>>;
  beforeAll(async () => {
    pack = await startPack(sharedServers());
  });
  afterAll(() => pack.stop());
  const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000);
  const halfLifeSeconds = 100;
  const add = (user: string, event: string, points: number, seconds: number) =>
    pack.dependencies.registry.risk.add({ user, event, points, at: at(seconds), halfLifeSeconds });

  it('adds up turns, and forgets half of it in each half-life', async () => {
    expect(await add('ada', '1', 1, 0)).toBeCloseTo(1);
    expect(await add('ada', '2', 1, 100)).toBeCloseTo(1.5);
    expect(await pack.dependencies.registry.risk.at('ada', at(300), halfLifeSeconds)).toBeCloseTo(0.375);
    expect(await pack.dependencies.registry.risk.at('nobody', at(300), halfLifeSeconds)).toBe(0);
  });

  it('counts a turn once, however often and in whatever order it is told, and by whoever at once', async () => {
    const turns = [0, 100, 200].map((seconds) => ['bob', String(seconds), 1, seconds] as const);
    const told = [...turns].reverse().flatMap((turn) => [turn, turn, turn]);
    await Promise.all(told.map((turn) => add(...turn)));
    expect(await pack.dependencies.registry.risk.at('bob', at(200), halfLifeSeconds)).toBeCloseTo(1.75);
  });

  it('is nothing after an age, and is forgotten on request', async () => {
    await add('eve', '1', 5, 0);
    expect(await pack.dependencies.registry.risk.at('eve', at(1e9), 60)).toBeCloseTo(0);
    await pack.dependencies.registry.risk.forget('eve');
    expect(await pack.dependencies.registry.risk.at('eve', at(0), halfLifeSeconds)).toBe(0);
    // Forgotten with its events: the same turn told again is a new one.
    expect(await add('eve', '1', 2, 0)).toBeCloseTo(2);
  });

  it('goes with what is older than a time', async () => {
    await add('old', '1', 1, -1_000_000);
    expect(await pack.dependencies.registry.risk.prune(at(-900_000))).toBe(1);
    expect(await pack.dependencies.registry.risk.at('old', at(-1_000_000), halfLifeSeconds)).toBe(0);
  });
});
