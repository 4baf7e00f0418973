import type { Client } from '@temporalio/client';
import { readableHistory, UnreadablePayload } from '../codec/readable';
import type { Settings } from '../settings';
import { settingsConverter, withTemporal } from './client';
import { CliError, EXIT } from './exit';
import { fetchHistory, isOnDisk, type KeptHistory, readHistories } from './histories';

/** A history by a file or a workflow id, with plain payloads. @throws CliError where there is none, or its key is missing. */
export async function oneHistory(settings: Settings, cwd: string, what: string): Promise<KeptHistory> {
  if (!(await isOnDisk(cwd, what)))
    return withTemporal(settings, async ({ client }) => plainHistory(settings, await fetchHistory(client, what)));
  const [kept, ...more] = await readHistories(cwd, what);
  if (!kept || more.length > 0)
    throw new CliError(
      EXIT.wrongUse,
      `${what} holds ${more.length > 0 ? 'many histories' : 'no history'}.`,
      'Name one file.',
    );
  return plainHistory(settings, kept);
}

/** The same with every payload decrypted. @throws CliError (1) that names the key where one can not be. */
export async function plainHistory(settings: Settings, kept: KeptHistory): Promise<KeptHistory> {
  try {
    return { ...kept, history: await readableHistory(kept.history, settingsConverter(settings)?.payloadCodecs) };
  } catch (error) {
    throw error instanceof UnreadablePayload ? new CliError(EXIT.failed, error.message, error.remedy) : error;
  }
}

/** The histories of the children of a run, those of their children with them; one that is gone is left out. */
export async function childHistories(
  settings: Settings,
  client: Client,
  { history }: KeptHistory,
): Promise<KeptHistory[]> {
  const found: KeptHistory[] = [];
  for (const { childWorkflowExecutionStartedEventAttributes: child } of history.events ?? []) {
    const { workflowId, runId } = child?.workflowExecution ?? {};
    if (!workflowId || !runId) continue;
    const fetched = await fetchHistory(client, workflowId, runId).catch((error: unknown) => {
      if (error instanceof CliError && error.exitCode === EXIT.wrongUse) return null;
      throw error;
    });
    if (!fetched) continue;
    const plain = await plainHistory(settings, fetched);
    found.push(plain, ...(await childHistories(settings, client, plain)));
  }
  return found;
}
