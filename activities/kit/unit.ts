import { rm } from 'node:fs/promises';
import type { ArtifactStore, Meta } from '../stores/artifact-store';
import { namingFullDisk } from '../stores/disk';
import { type Report, withHeartbeat } from './heartbeat';

/** One bounded piece of a run's work: done once for its work key, whichever attempt or host does it. */
export interface UnitRef {
  workKey: string;
  phase: string;
  unit: number;
}

/** Where everything that a run makes on its way is kept, until its cleanup. */
export const workPrefix = (workKey: string): string => `work/${workKey}/`;

/** Where a published version keeps of its units what later runs take over. */
export const keptPrefix = (workKey: string): string => `units/${workKey}/`;

export const unitKey = ({ workKey, phase, unit }: UnitRef): string =>
  `${workPrefix(workKey)}${phase}/${String(unit).padStart(6, '0')}`;

/** What the work of a unit is given: an empty folder to write files in, a way to report progress, and a stop signal. */
export interface UnitContext {
  dir: string;
  report: Report;
  signal: AbortSignal;
}

/**
 * Does a unit, or finds it done: the files that `work` leaves in its folder are published as one, with the small JSON
 * it returns as their meta. A unit that stands in the store already is not done again; of two attempts at once the
 * first to publish wins and both return its meta.
 */
export async function doUnit<M extends object>(
  store: ArtifactStore,
  ref: UnitRef,
  work: (context: UnitContext) => Promise<M>,
): Promise<M> {
  const key = unitKey(ref);
  const standing = await store.manifest(key);
  if (standing) return standing.meta as M;
  return withHeartbeat(ref, async (report, signal) => {
    const dir = await store.scratch();
    try {
      const meta = await namingFullDisk(dir, () => work({ dir, report, signal }));
      signal.throwIfAborted();
      const { manifest } = await store.publish(key, dir, meta as Meta);
      return manifest.meta as M;
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
}
