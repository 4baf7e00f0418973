import { join } from 'node:path';
import { type Commit, lastCommit } from './git';
import { HISTORIES, isOnDisk, type KeptHistory, readHistories, workflowTypeOf } from './histories';

/** The newest commit that a kept history of a workflow is known to fit. */
export interface LastPassed extends Partial<Commit> {
  /** The kept history, as a path from the project. */
  history: string;
  /** Whether it fits the code as it is now as well. */
  fitsNow: boolean;
}

/**
 * The kept history of that workflow with the newest commit it is known to have passed at: the one that it names, or else the one
 * that added it, where it had to replay. Null where none is kept.
 */
export async function lastPassed(
  projectDir: string,
  workflow: string,
  fits: (kept: KeptHistory) => Promise<boolean>,
): Promise<LastPassed | null> {
  if (!(await isOnDisk(projectDir, HISTORIES))) return null;
  const kept = (await readHistories(projectDir, HISTORIES)).filter(
    ({ history }) => workflowTypeOf(history) === workflow,
  );
  const dated = await Promise.all(
    kept.map(async (one) => ({
      one,
      commit: one.recorded ?? (await lastCommit(projectDir, join(HISTORIES, one.name))),
    })),
  );
  const [newest] = dated.sort((a, b) => (b.commit?.at ?? '').localeCompare(a.commit?.at ?? ''));
  if (!newest) return null;
  const { one, commit } = newest;
  return { history: join(HISTORIES, one.name), fitsNow: await fits(one), ...commit };
}

/** In one line, for people. */
export function describePassed(passed: LastPassed | null, workflow: string): string {
  if (!passed) return `not known: no history of ${workflow} is kept in ${HISTORIES}`;
  const { history, commit, at, fitsNow } = passed;
  const when = commit && at ? `${commit.slice(0, 10)} of ${at.slice(0, 10)}` : 'not known: it is in no commit';
  return `${when}, by ${history}, which ${fitsNow ? 'still fits: it took another way through the code' : 'does not fit either any more'}`;
}
