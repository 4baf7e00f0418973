import type { Client } from '@temporalio/client';
import { readableHistory, UnreadablePayload } from '../codec/readable';
import type { Settings } from '../settings';
import { settingsConverter, withTemporal } from './client';
import { CliError, EXIT } from './exit';
import { fetchHistory, isOnDisk, type KeptHistory, readHistories } from './histories';
import { withPending } from './pending';

/** A history by a file or a workflow id, with plain payloads. @throws CliError where there is none, or its key is missing. */
export async function oneHistory(settings: Settings, cwd: string, what: string): Promise<KeptHistory> {
  if (!(await isOnDisk(cwd, what))) return withTemporal(settings, ({ client }) => openHistory(settings, client, what));
  const [kept, ...more] = await readHistories(cwd, what);
  if (!kept || more.length > 0)
    throw new CliError(
      EXIT.wrongUse,
      `${what} holds ${more.length > 0 ? 'many histories' : 'no history'}.`,
      'Name one file.',
    );
  return plainHistory(settings, kept);
}

/** The history of a run with what goes on in it now, decrypted. @throws CliError */
const openHistory = async (
  settings: Settings,
  client: Client,
  workflowId: string,
  runId?: string,
): Promise<KeptHistory> =>
  plainHistory(settings, await withPending(client, await fetchHistory(client, workflowId, runId)));

/** The same with every payload decrypted. @throws CliError (1) that names the key where one can not be. */
export async function plainHistory(settings: Settings, kept: KeptHistory): Promise<KeptHistory> {
  try {
    const codecs = settingsConverter(settings)?.payloadCodecs;
    const history = await readableHistory(kept.history, codecs);
    if (!kept.pending) return { ...kept, history };
    // Why attempts failed is encrypted as events are.
    const { events } = await readableHistory({ events: kept.pending.map(({ started }) => started) }, codecs);
    const pending = kept.pending.map((one, at) => ({ ...one, started: events?.[at] ?? one.started }));
    return { ...kept, history, pending };
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
    const plain = await openHistory(settings, client, workflowId, runId).catch((error: unknown) => {
      if (error instanceof CliError && error.exitCode === EXIT.wrongUse) return null;
      throw error;
    });
    if (!plain) continue;
    found.push(plain, ...(await childHistories(settings, client, plain)));
  }
  return found;
}
