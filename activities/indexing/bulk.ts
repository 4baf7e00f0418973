import type { Client, estypes } from '@elastic/elasticsearch';
import * as z from 'zod';
import { failure } from '../errors';
import {
  CALL_TIMEOUT_MS,
  INDEX_GONE,
  isBlocked,
  isDiskFull,
  isTransient,
  searchCall,
  searchError,
  type SearchError,
  shortened,
  unavailable,
} from './search-call';

/**
 * A chunk as it goes over the wire, or the deletion of one. A write is refused where the chunk stands in that version or a
 * later one: a retry, or an attempt that is late, finds its work done and changes nothing.
 */
export interface BulkOperation {
  id: string;
  version: number;
  /** The chunk's JSON; null deletes it. */
  source: string | null;
}

/** Bytes of one request: where the curve of throughput is flat already, and far below the server's limit of 100 MB. */
const BATCH_BYTES = 5 * 1024 * 1024;

/** One item of a bulk's answer. */
interface BulkItem {
  _id?: string | null | undefined;
  status: number;
  error?: SearchError | undefined;
}

const bulkItem = z.object({ _id: z.string().nullish(), status: z.number(), error: searchError.optional() });
/** Whether anything was refused, and of each operation what became of it, under its name. */
const bulkAnswer = z.object({
  errors: z.boolean(),
  items: z.array(z.object({ index: bulkItem.optional(), delete: bulkItem.optional() })).default([]),
});

/**
 * Writes chunks through an alias; `written` hears of each batch that is in. The next batch is put together while the
 * server works on the last.
 * @throws `BuildClosed` where the alias is gone, `Unavailable` or `StorageFull` (retried) where the server can not take
 * more now, `InvariantBroken` with the ids where it refuses documents for what they are.
 */
export async function bulkIndex(
  client: Client,
  alias: string,
  operations: Iterable<BulkOperation>,
  { signal, written }: { signal: AbortSignal; written: (operations: number) => void },
): Promise<void> {
  let inFlight: Promise<void> = Promise.resolve();
  for (const batch of batches(operations)) {
    await inFlight;
    signal.throwIfAborted();
    inFlight = send(client, alias, batch, signal).then(() => written(batch.length));
    // Its failure is raised by the next await; until then it must not count as unhandled.
    inFlight.catch(() => undefined);
    // Lets the request leave before the next batch takes the thread.
    await new Promise(setImmediate);
  }
  await inFlight;
}

function* batches(operations: Iterable<BulkOperation>): Generator<BulkOperation[]> {
  let batch: BulkOperation[] = [];
  let bytes = 0;
  for (const operation of operations) {
    const size = Buffer.byteLength(operation.source ?? '');
    if (batch.length > 0 && bytes + size > BATCH_BYTES) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(operation);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

async function send(
  client: Client,
  alias: string,
  batch: readonly BulkOperation[],
  signal: AbortSignal,
): Promise<void> {
  const operations = batch.flatMap(({ id, version, source }): (estypes.BulkOperationContainer | string)[] => {
    const what = { _id: id, version, version_type: 'external' } as const;
    return source === null ? [{ delete: what }] : [{ index: what }, source];
  });
  const said: unknown = await searchCall(
    `index ${batch.length} chunks`,
    () =>
      client.bulk(
        {
          index: alias,
          require_alias: true,
          operations,
          filter_path: 'errors,items.*._id,items.*.status,items.*.error',
        },
        { signal, requestTimeout: CALL_TIMEOUT_MS },
      ),
    signal,
  );
  const answer = bulkAnswer.safeParse(said).data;
  // No answer of a bulk: nothing says that anything was written.
  if (!answer) throw unavailable('Elasticsearch could not index: what answers in its place is something else.');
  if (!answer.errors) return;
  const refused = answer.items
    .map((item): BulkItem => item.index ?? item.delete ?? { status: 0 })
    .filter((item) => !isWritten(item));
  const raised = bulkFailure(alias, refused);
  if (raised) throw raised;
}

/** Written now, or by an earlier attempt, or over by a later one; or there was nothing to delete. */
const isWritten = ({ status, error }: BulkItem): boolean =>
  (status >= 200 && status < 300) || status === 409 || (status === 404 && !error);

/** The failure that a bulk's refused items amount to: the one that no retry can mend before the one that it can. */
export function bulkFailure(alias: string, refused: readonly BulkItem[]): Error | undefined {
  const [first] = refused;
  if (!first) return undefined;
  const says = ({ status, error }: BulkItem) =>
    `${error?.type ?? 'unknown'} (${status})${error?.reason ? `: ${shortened(error.reason)}` : ''}`;

  const closed = refused.find(({ error }) => error?.type === INDEX_GONE);
  if (closed) return failure('BuildClosed', `${alias} takes no more chunks: the build was sealed or given up.`);
  const permanent = refused.filter(({ status, error }) => !isTransient(status) && !(error && isBlocked(error)));
  if (permanent[0]) {
    const ids = permanent.slice(0, 5).map(({ _id }) => _id);
    const what = `Elasticsearch refused ${permanent.length} chunks, as ${ids.join(', ')}: ${says(permanent[0])}.`;
    return failure('InvariantBroken', what);
  }
  const full = refused.find(({ error }) => error && isDiskFull(error));
  if (full) return failure('StorageFull', `Elasticsearch takes no more chunks: ${says(full)}.`);
  return unavailable(`Elasticsearch could not take ${refused.length} chunks now: ${says(first)}.`);
}
