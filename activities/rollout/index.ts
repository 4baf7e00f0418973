import { createHash } from 'node:crypto';
import { Context } from '@temporalio/activity';
import type { RolloutConfig, RowSource } from '../../schemas/rollout-config';
import type { RolloutStrategyInput, RolloutStrategyOutput } from '../../schemas/rollout-strategy';
import { failure, isFailure } from '../errors';
import { withHeartbeat } from '../kit/heartbeat';
import { canonicalJson } from '../kit/work';
import type { CandidateMove, RollBack, StrategyClaim, StrategyPointer } from '../stores/registry-strategies';
import type { Registry } from '../stores/registry';
import { decideStep, type RolloutPlan, type StepDecision } from './decide-step';
import { judgeReplay, type ReplayVerdict } from './judge-replay';
import { type MetricRows, readMetric } from './metric-rows';
import { readRows, type RowsWanted } from './read-rows';

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
      return {
        sha256: createHash('sha256').update(canonicalJson(strategy)).digest('hex'),
        live: live ? { version: live.version, sha256: live.sha256 } : null,
      };
    },

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
    lookAtRollout: ({ input, step, hours, ...wanted }: LookInput): Promise<StepDecision> =>
      withHeartbeat({ phase: 'rollout', unit: step }, async (_report, signal) => {
        const moves = await strategies.moves(wanted.name, wanted.sequence - 1);
        const mine = moves.filter(({ candidate }) => candidate === wanted.version);
        const shares = new Map(mine.map(({ sequence, share }) => [sequence, share]));
        const read: Record<string, MetricRows> = {};
        const missing: string[] = [];
        for (const { name } of input.metrics) {
          try {
            read[name] = readMetric(
              `metrics.${name}`,
              await rowsOf('metrics', name, wanted, signal),
              shares,
              new Date(wanted.until),
            );
          } catch (error) {
            Context.current().cancellationSignal.throwIfAborted();
            if (!isFailure(error, 'Unavailable') && !isFailure(error, 'MetricUnusable')) throw error;
            missing.push(`${name} did not come: ${(error as Error).message.split('\n')[0] ?? ''}`);
          }
        }
        return decide(input, { step, hours }, read, missing);
      }),

    rollBackStrategy: (back: RollBack): Promise<StrategyPointer | null> =>
      strategies.rollBack(back).then((pointer) => pointer ?? null),

    /** Makes the candidate the live one, and records the rollout as done. */
    recordRollout: ({
      workKey,
      rollout: owner,
      reason,
      approvedBy,
      result,
    }: {
      workKey: string;
      rollout: string | null;
      reason: string;
      approvedBy?: string;
      result: RolloutStrategyOutput & { strategy: { name: string; version: number } };
    }): Promise<RolloutStrategyOutput> =>
      registry.finishWork(workKey, async (transaction) => {
        const { name, version } = result.strategy;
        await transaction.promoteStrategy({ name, version, reason, approvedBy, rollout: owner });
        return result;
      }),
  };
}

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
  // Each metric has all users; one that lost some of them tells so by itself, so each is looked at, and the worst counts.
  const decisions = Object.values(read).map(({ assigned }) => decideStep(plan, state, { assigned, strata }));
  const decision = decisions.find(({ action }) => action === 'hold') ?? decisions[0];
  if (missing.length === 0 && decision) return decision;
  // What did come may still show harm.
  if (decision?.action === 'rollback' || decision?.action === 'hold') {
    return { ...decision, reasons: [...decision.reasons, ...missing] };
  }
  const late = state.hours >= input.maximumHours;
  return { action: late ? 'hold' : 'wait', reasons: [...missing], metrics: decision?.metrics ?? [] };
}
