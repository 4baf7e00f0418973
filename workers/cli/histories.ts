import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { isGrpcServiceError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils';
import type { temporal } from '@temporalio/proto';
import { CliError, EXIT, FIND_RUNS } from './exit';
import type { Commit } from './git';
import type { PendingActivity } from './pending';

export type History = temporal.api.history.v1.IHistory;
export type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** A history with the workflow id it belongs to, and where it came from. */
export interface KeptHistory {
  /** File name or workflow id, for the table. */
  name: string;
  workflowId: string;
  /** Where it came from a server. */
  runId?: string;
  /** The commit of the code that it was recorded with, where `record` knew it. */
  recorded?: Commit;
  history: History;
  /** Activities that go on, where the run was open and its server was asked. */
  pending?: readonly PendingActivity[];
}

/** Where the histories are that a project keeps, from its root. */
export const HISTORIES = join('test', 'histories');

/** True where that text names something on this disk rather than a run. */
export const isOnDisk = async (cwd: string, text: string): Promise<boolean> =>
  stat(resolve(cwd, text)).then(
    () => true,
    () => false,
  );

/** The histories of a file, or of every .json file directly in a folder. @throws CliError (2) for a file that holds none. */
export async function readHistories(cwd: string, path: string): Promise<KeptHistory[]> {
  const file = resolve(cwd, path);
  if (!(await stat(file)).isDirectory()) return [parseHistory(file, await readFile(file, 'utf8'))];
  const names = (await readdir(file)).filter((name) => name.endsWith('.json')).sort();
  return Promise.all(
    names.map(async (name) => parseHistory(join(file, name), await readFile(join(file, name), 'utf8'))),
  );
}

/** Reads what `record` writes, and what the UI and `temporal workflow show -o json` export. @throws CliError (2) */
export function parseHistory(file: string, text: string): KeptHistory {
  try {
    const json = JSON.parse(text) as { workflowId?: string; recorded?: Commit; history?: unknown };
    const history = historyFromJSON(json.history ?? json);
    const name = basename(file);
    const workflowId = json.workflowId ?? startedAs(history) ?? name.replace(/\.json$/, '');
    return { name, history, workflowId, ...(json.recorded ? { recorded: json.recorded } : {}) };
  } catch (error) {
    throw new CliError(
      EXIT.wrongUse,
      `${file} is not a workflow history: ${(error as Error).message}`,
      'Export one: the UI\'s "Download", or llm-pack record.',
    );
  }
}

/** Newer servers write the id into the first event; a history has no other place for it. */
const startedAs = ({ events }: History): string | undefined =>
  events?.[0]?.workflowExecutionStartedEventAttributes?.workflowId || undefined;

// The gRPC status of a run that is not there, as the history call gives it.
const NOT_FOUND = 5;

/** The history of a run, the latest of that workflow id where none is named. @throws CliError (2) where there is none. */
export async function fetchHistory(client: Client, workflowId: string, runId?: string): Promise<KeptHistory> {
  try {
    return { name: workflowId, workflowId, history: await client.workflow.getHandle(workflowId, runId).fetchHistory() };
  } catch (error) {
    const notFound =
      error instanceof WorkflowNotFoundError || (isGrpcServiceError(error) && Number(error.code) === NOT_FOUND);
    if (!notFound) throw error;
    throw new CliError(EXIT.wrongUse, `There is no file and no run "${workflowId}".`, FIND_RUNS);
  }
}

/** The text of a kept history, as `record` writes it and `replay` and the tests read it. */
export const historyText = ({
  workflowId,
  recorded,
  history,
}: Pick<KeptHistory, 'workflowId' | 'recorded' | 'history'>): string =>
  `${JSON.stringify({ workflowId, recorded, history: JSON.parse(historyToJSON(history), withoutStacks) as unknown }, null, 2)}\n`;

/** Stack traces hold the paths of the machine that failed, and a replay does not need them. */
const withoutStacks = (key: string, value: unknown): unknown => (key === 'stackTrace' ? '' : value);

/** The workflow type of a history. */
export const workflowTypeOf = ({ events }: History): string =>
  events?.[0]?.workflowExecutionStartedEventAttributes?.workflowType?.name ?? 'unknown';
