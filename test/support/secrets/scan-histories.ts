import type { Connection } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { payloadsOf } from '../../../workers/codec/readable';
import type { Finding, Search } from './find-secrets';

type History = temporal.api.history.v1.IHistory;
const { History } = temporal.api.history.v1;

/** Runs whose histories are fetched at once. */
const AT_ONCE = 16;
const PAGE = 1_000;

/**
 * Histories of every namespace of a server, those of runs that go on too, newest first, for as long as there is time: what the
 * server keeps of the others is looked at in its file. @returns how many were read, and what stands in them.
 */
export async function scanServer(
  connection: Connection,
  search: Search,
  withinMs: number,
): Promise<{ runs: number; findings: Finding[] }> {
  const service = connection.workflowService;
  const findings: Finding[] = [];
  let runs = 0;
  const deadline = Date.now() + withinMs;
  const { namespaces } = await service.listNamespaces({ pageSize: PAGE });
  for (const namespace of namespaces.map(({ namespaceInfo }) => namespaceInfo?.name ?? '')) {
    let nextPageToken: Uint8Array | undefined;
    do {
      const page = await service.listWorkflowExecutions({ namespace, pageSize: PAGE, nextPageToken });
      nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
      for (let at = 0; at < page.executions.length && Date.now() < deadline; at += AT_ONCE) {
        const found = await Promise.all(
          page.executions.slice(at, at + AT_ONCE).map(async ({ execution, memo, searchAttributes }) => {
            const name = `${namespace}/${execution?.workflowId}`;
            const shown = Buffer.from(JSON.stringify([memo, searchAttributes]));
            const fetched = await fetchAll(connection, namespace, execution ?? {});
            return [...search(`${name} (memo)`, shown, true), ...scanHistory(name, fetched, search)];
          }),
        );
        runs += found.length;
        findings.push(...found.flat());
      }
    } while (nextPageToken && Date.now() < deadline);
  }
  return { runs, findings };
}

async function fetchAll(
  connection: Connection,
  namespace: string,
  execution: temporal.api.common.v1.IWorkflowExecution,
): Promise<History> {
  const events: temporal.api.history.v1.IHistoryEvent[] = [];
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await connection.workflowService
      .getWorkflowExecutionHistory({ namespace, execution, nextPageToken })
      // A run that its test has deleted meanwhile.
      .catch(() => undefined);
    events.push(...(page?.history?.events ?? []));
    nextPageToken = page?.nextPageToken?.length ? page.nextPageToken : undefined;
  } while (nextPageToken);
  return { events };
}

/** The payloads of a history, where keys of any format count, and all else of it. */
export function scanHistory(name: string, history: History, search: Search): Finding[] {
  const payloads = Buffer.concat(payloadsOf(history.events).flatMap(({ data }) => [Buffer.from(data ?? []), NEWLINE]));
  return [
    ...search(`${name} (payloads)`, payloads, true),
    ...search(name, Buffer.from(History.encode(history).finish()), true),
  ];
}
const NEWLINE = Buffer.from('\n');
