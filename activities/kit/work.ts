import { createHash } from 'node:crypto';
import { activityInfo } from '@temporalio/activity';
import type { ArtifactStore } from '../stores/artifact-store';
import type { Registry } from '../stores/registry';
import { canonicalJson } from './canonical-json';
import { withHeartbeat } from './heartbeat';
import { asNewest } from './newest';
import { keptPrefix, workPrefix } from './unit';

/** What makes a run's work: the same of all of it is the same work. */
export interface WorkDescription {
  stage: string;
  subject: string;
  codeVersion: number;
  /** sha256 of each input artifact. */
  inputs: string[];
  /** Every parameter that the result depends on, and none that it does not (such as concurrency). */
  recipe: unknown;
  /** Do it again although it was done. */
  force: boolean;
  /** When the run began, before it read anything; ISO 8601. What changed before that is in the result. */
  readSince?: string;
  /** Whether the dataset of the result has to be the newest version of its name, also where the work was done before. */
  newest?: boolean;
}

/** The key of the work, and the result that is on record for it if it was done. */
export interface WorkClaim {
  workKey: string;
  done: unknown;
}

/** sha256 (hex) of the canonical JSON of (stage, code version, inputs, recipe); `nonce` sets a forced run apart. */
export function workKeyOf(
  work: Omit<WorkDescription, 'subject' | 'force' | 'readSince' | 'newest'>,
  nonce: string | null,
): string {
  const { stage, codeVersion, inputs, recipe } = work;
  return createHash('sha256').update(canonicalJson({ stage, codeVersion, inputs, recipe, nonce })).digest('hex');
}

export interface DiscardInput {
  workKey: string;
  /** Whether the run keeps something of its units for later runs. */
  keeps?: boolean;
  /** The dataset that it has published a version of: older ones need keep nothing any more. Left out where it has not. */
  published?: string;
}

/** Activities that open and close a run's work, the same for every stage. */
export function createWorkActivities({ registry, store }: { registry: Registry; store: ArtifactStore }) {
  return {
    /** Enters the work in the ledger, or finds it done. With `force` the run's own id makes the key a new one. */
    async beginWork(work: WorkDescription): Promise<WorkClaim> {
      const { workflowId, runId } = activityInfo().workflowExecution ?? { workflowId: '', runId: '' };
      const workKey = workKeyOf(work, work.force ? `${workflowId}/${runId}` : null);
      const { stage, subject, inputs, recipe, codeVersion, readSince } = work;
      const entry = { stage, subject, inputs, recipe, codeVersion, readSince, workflowId, runId };
      const { done } = await registry.beginWork({ ...entry, workKey });
      if (!done || !work.newest) return { workKey, done: done ?? null };
      const renewal = (newest: number) => workKeyOf(work, `after version ${newest}`);
      return { workKey, done: await asNewest(registry, { ...entry, workKey }, done, renewal) };
    },

    /** Says whether work is on record, and changes nothing: for dry runs. */
    async findWork(work: WorkDescription): Promise<WorkClaim> {
      const workKey = workKeyOf(work, null);
      return { workKey, done: (await registry.findWork(workKey)) ?? null };
    },

    /** Removes what a run made on its way: after it has published, or when it was cancelled. */
    async discardWork({ workKey, published, keeps = false }: DiscardInput): Promise<void> {
      await withHeartbeat({ phase: 'tidy', unit: 0 }, async () => {
        await store.remove(workPrefix(workKey));
        if (!keeps) return;
        if (published === undefined) return store.remove(keptPrefix(workKey));
        const superseded = await registry.supersededWork(published);
        for (const key of superseded) await store.remove(keptPrefix(key));
        if (superseded.length > 0) await registry.markUnitsDeleted(superseded);
      });
    },
  };
}
