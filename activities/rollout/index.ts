import { createHash } from 'node:crypto';
import { Context } from '@temporalio/activity';
import type { RolloutConfig, RowSource } from '../../schemas/rollout-config';
import type { RolloutStrategyInput, RolloutStrategyOutput } from '../../schemas/rollout-strategy';
import { failure, isFailure } from '../errors';
import { withHeartbeat } from '../kit/heartbeat';
import type {
  CandidateMove,
  RollBack,
  StrategyClaim,
  StrategyDecision,
  StrategyPointer,
} from '../stores/registry-strategies';
import type { Registry } from '../stores/registry';
import { decideStep, type RolloutPlan, type StepDecision } from './decide-step';
import { type Baseline, estimate } from './estimate';
import { judgeReplay, type ReplayVerdict } from './judge-replay';
import { type MetricRows, readBaseline, readMetric } from './metric-rows';
import { readRows, type RowsWanted } from './read-rows';
import { evidenceOfMismatch } from './sample-ratio';
import { hashOfStrategy } from './strategy-hash';

const HOUR_MS = 3_600_000;

/** Where rollouts get their rows from. */
export interface RolloutParts {
  config: RolloutConfig;
  env: NodeJS.ProcessEnv;
}

/** What a look needs to know of its rollout. */
export interface LookInput extends RowsWanted {
  input: Pick<
    RolloutStrategyInput,
    | 'metrics'
    | 'steps'
    | 'alpha'
    | 'mismatchAlpha'
    | 'planned'
    | 'minimumUsers'
    | 'minimumHours'
    | 'maximumHours'
    | 'lagHours'
  >;
  /** Place of the current step, and hours since it began. */
  step: number;
  hours: number;
}

export interface PlannedRollout {
  sha256: string;
  /** What is live; null before the first promotion. */
  live: { version: number; sha256: string } | null;
  /** Sequence number of the pointer that it begins at: the same strategy after the same move is the same work. */
  after: number;
}

/** What a look has come to. */
export interface Look extends StepDecision {
  /** sha256 of the rows that it rests on. */
  data: string;
}

/** The activities of `rolloutStrategy`. Decisions are made here, so that an open rollout replays with what was decided. */
export function createRolloutActivities({ registry, rollout }: { registry: Registry; rollout: RolloutParts }) {
  const { strategies } = registry;
  const sourceOf = (kind: 'metrics' | 'logs', name: string): RowSource => {
    const source = rollout.config[kind][name];
    if (source) return source;
    const known = Object.keys(rollout.config[kind]).join(', ') || 'none';
    throw failure('MetricNotConfigured', `${kind}.${name} is not configured; there is ${known}.`);
  };
  const rowsOf = (kind: 'metrics' | 'logs', name: string, wanted: RowsWanted, signal: AbortSignal) =>
    readRows(`${kind}.${name}`, sourceOf(kind, name), wanted, { env: rollout.env, signal });

  return {
    /** Checks what an input names, and says what is live. */
    async planRollout({
      name,
      strategy,
      metrics,
      replay,
    }: Pick<RolloutStrategyInput, 'name' | 'strategy' | 'metrics' | 'replay'>): Promise<PlannedRollout> {
      for (const metric of metrics) sourceOf('metrics', metric.name);
      if (replay) sourceOf('logs', replay.source);
      const pointer = await strategies.pointer(name);
      const live = pointer?.live == null ? undefined : await strategies.find(name, pointer.live);
      const sha256 = hashOfStrategy(strategy);
      // Where it is live already, the state that it was moved from: the same work as then.
      const isLive = live?.sha256 === sha256;
      return {
        sha256,
        live: live ? { version: live.version, sha256: live.sha256 } : null,
        after: isLive ? await strategies.plannedAfter(name, live.version) : (pointer?.sequence ?? 0),
      };
    },

    /** Users and hours that a rollout would take, by what the live strategy's metrics are like. */
    estimateRollout: (
      input: RolloutStrategyInput,
    ): Promise<{ plan: NonNullable<RolloutStrategyOutput['plan']>; reasons: string[] }> =>
      withHeartbeat({ phase: 'estimate', unit: 0 }, async (_report, signal) => {
        const { name } = input;
        const pointer = await strategies.pointer(name);
        const until = new Date(Date.now() - input.lagHours * HOUR_MS);
        const wanted = {
          name,
          version: pointer?.live ?? 0,
          sequence: pointer?.sequence ?? 0,
          until: until.toISOString(),
        };
        const baselines: Record<string, Baseline | undefined> = {};
        const reasons: string[] = [];
        for (const metric of input.metrics) {
          const rows = await rowsOf('metrics', metric.name, wanted, signal).catch(orMissing(metric.name, reasons));
          if (!rows) continue;
          const baseline = readBaseline(`metrics.${metric.name}`, rows, until);
          baselines[metric.name] = baseline;
          if (!baseline) reasons.push(`${metric.name} has too few users yet to say how many it takes`);
        }
        const plan = estimate(input, baselines);
        return { plan: { ...plan, earliestEnd: new Date(Date.now() + plan.hours * HOUR_MS).toISOString() }, reasons };
      }),

    /** Takes the pointer for this rollout. @throws `RolloutRunning`, `StrategyRefused` */
    claimStrategy: (claim: StrategyClaim): Promise<StrategyPointer> => strategies.claim(claim),

    /** Enters the strategy as a version; equal content is the version that it was. */
    registerStrategy: ({
      workKey,
      name,
      sha256,
      strategy,
    }: {
      workKey: string;
      name: string;
      sha256: string;
      strategy: Record<string, unknown>;
    }): Promise<{ version: number }> =>
      registry.strategies.register(workKey, { name, sha256, body: strategy }).then((version) => ({ version })),

    /** What the candidate would have earned on logged decisions, and whether that may be believed. */
    replayStrategy: ({
      replay,
      ...wanted
    }: RowsWanted & { replay: NonNullable<RolloutStrategyInput['replay']> }): Promise<ReplayVerdict> =>
      withHeartbeat({ phase: 'replay', unit: 0 }, async (_report, signal) =>
        judgeReplay(await rowsOf('logs', replay.source, wanted, signal), replay),
      ),

    moveStrategy: (move: CandidateMove): Promise<StrategyPointer> => strategies.moveCandidate(move),

    /** Reads every metric and decides. A metric that does not come never counts as good: the step waits for it. */
    lookAtRollout: ({ input, step, hours, ...wanted }: LookInput): Promise<Look> =>
      withHeartbeat({ phase: 'rollout', unit: step }, async (_report, signal) => {
        const moves = await strategies.moves(wanted.name, wanted.sequence - 1);
        const mine = moves.filter(({ candidate }) => candidate === wanted.version);
        const shares = new Map(mine.map(({ sequence, share }) => [sequence, share]));
        const read: Record<string, MetricRows> = {};
        const missing: string[] = [];
        const data = createHash('sha256');
        for (const { name } of input.metrics) {
          try {
            const rows = await rowsOf('metrics', name, wanted, signal);
            read[name] = readMetric(`metrics.${name}`, rows, shares, new Date(wanted.until));
            data.update(`${name}\n${JSON.stringify(rows)}\n`);
          } catch (error) {
            orMissing(name, missing)(error);
          }
        }
        return { ...decide(input, { step, hours }, read, missing), data: data.digest('hex') };
      }),

    rollBackStrategy: (back: RollBack): Promise<StrategyPointer | null> =>
      strategies.rollBack(back).then((pointer) => pointer ?? null),

    /** Makes the candidate the live one, and records the rollout as done. */
    recordRollout: ({
      workKey,
      rollout: owner,
      reason,
      decision,
      result,
    }: {
      workKey: string;
      rollout: string | null;
      reason: string;
      decision?: StrategyDecision;
      result: RolloutStrategyOutput & { strategy: { name: string; version: number } };
    }): Promise<RolloutStrategyOutput> =>
      registry.finishWork(workKey, async (transaction) => {
        const { name, version } = result.strategy;
        const approvedBy = decision?.approval?.by;
        await transaction.promoteStrategy({ name, version, reason, approvedBy, rollout: owner, decision });
        return result;
      }),
  };
}

/** Adds a metric that did not come to those that are missing. @throws what will not pass by itself, and a cancellation */
const orMissing =
  (name: string, missing: string[]) =>
  (error: unknown): undefined => {
    Context.current().cancellationSignal.throwIfAborted();
    if (!isFailure(error, 'Unavailable') && !isFailure(error, 'MetricUnusable')) throw error;
    missing.push(`${name} did not come: ${(error as Error).message.split('\n')[0] ?? ''}`);
    return undefined;
  };

/** The decision on what was read. */
export function decide(
  input: LookInput['input'],
  state: { step: number; hours: number },
  read: Readonly<Record<string, MetricRows>>,
  missing: readonly string[],
): StepDecision {
  const came = input.metrics.filter(({ name }) => name in read);
  // One that did not come says nothing against the others, and does not make them any less sure than all together are.
  const alpha = (input.alpha * came.length) / Math.max(1, input.metrics.length);
  const plan: RolloutPlan = { ...input, metrics: came, alpha };
  const strata = Object.fromEntries(Object.entries(read).map(([name, rows]) => [name, rows.strata]));
  // Each metric has all users; one that lost some of them tells so by itself, so the split that looks worst counts.
  const [assigned] = Object.values(read)
    .map((rows) => rows.assigned)
    .sort((a, b) => evidenceOfMismatch(b) - evidenceOfMismatch(a));
  const decision = assigned && decideStep(plan, state, { assigned, strata });
  if (missing.length === 0 && decision) return decision;
  // What did come may still show harm.
  if (decision?.action === 'rollback' || decision?.action === 'hold') {
    return { ...decision, reasons: [...decision.reasons, ...missing] };
  }
  const late = state.hours >= input.maximumHours;
  return { action: late ? 'hold' : 'wait', reasons: [...missing], metrics: decision?.metrics ?? [] };
}
