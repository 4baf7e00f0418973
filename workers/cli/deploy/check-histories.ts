import type { Client } from '@temporalio/client';
import { VERSIONING } from '../../../schemas/versioning';
import type { Settings } from '../../settings';
import { fetchHistories } from '../fetch-histories';
import { HISTORIES, isOnDisk, type KeptHistory, readHistories, workflowTypeOf } from '../histories';
import { projectCode } from '../project-code';
import { replayMany } from '../replay-many';

/** A history that the code of the new version can not go on with. */
export interface Unfit {
  name: string;
  workflow: string;
  /** What differs, or why it can not be read. */
  why: string;
}

export interface CheckedHistories {
  replayed: number;
  unfit: Unfit[];
}

/**
 * Replays, against this project's code, what would move to a new current version: the kept histories of such workflows, and the
 * server's runs since then. What is pinned stays where it is, and need not fit.
 */
export async function checkHistories(settings: Settings, client: Client, since: Date): Promise<CheckedHistories> {
  const { code, codecs } = await projectCode(settings);
  const checked: CheckedHistories = { replayed: 0, unfit: [] };
  for await (const replayed of replayMany(code, histories(settings.projectDir, client, since), codecs)) {
    const { name, history } = replayed.kept;
    checked.replayed++;
    if (replayed.outcome === 'fits') continue;
    const why = replayed.outcome === 'unreadable' ? replayed.problem.message : inWords(replayed.mismatch);
    checked.unfit.push({ name, workflow: workflowTypeOf(history), why });
  }
  return checked;
}

async function* histories(projectDir: string, client: Client, since: Date): AsyncIterable<KeptHistory> {
  const kept = (await isOnDisk(projectDir, HISTORIES)) ? await readHistories(projectDir, HISTORIES) : [];
  yield* kept.filter(({ history }) => VERSIONING[workflowTypeOf(history)]?.behavior !== 'PINNED');
  yield* fetchHistories(client, { since, moving: true });
}

const inWords = ({ eventId, history, code }: { eventId: number | null; history: string; code: string }): string =>
  `${eventId === null ? '' : `at event ${eventId}, `}the history says "${history}", the code "${code}"`;
