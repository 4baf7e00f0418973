import { errors } from '@elastic/elasticsearch';
import { ApplicationFailure } from '@temporalio/common';
import * as z from 'zod';
import { ERRORS, errorMessage } from '../../schemas/errors';
import { failure } from '../errors';

/** Longest single call: a bulk of some megabytes on a busy node takes seconds, and a hung one must end some time. */
export const CALL_TIMEOUT_MS = 60_000;

/** Statuses that pass by waiting: too many requests, and a gateway or node that is not there just now. */
const TRANSIENT = new Set([408, 429, 502, 503, 504]);
/** The client is refused, which the operator mends without a change of the input. */
const REFUSED = new Set([401, 403]);

/** The error of a call, or of an item of a bulk, on an index or alias that does not exist. */
export const INDEX_GONE = 'index_not_found_exception';

/** True where a status passes by waiting. */
export const isTransient = (status: number): boolean => TRANSIENT.has(status);

/** What Elasticsearch says of an error, in a response or in one item of a bulk. */
export interface SearchError {
  type: string;
  reason?: string | null | undefined;
}

/** A full disk is told as a blocked index, with a status that reads like "slow down". */
export const isDiskFull = ({ type, reason }: SearchError): boolean =>
  type === 'cluster_block_exception' && /flood-stage|disk usage/.test(reason ?? '');

/** An index that is read-only or closed to writes, until its operator opens it. */
export const isBlocked = ({ type }: SearchError): boolean => type === 'cluster_block_exception';

/** Type and reason of the error that a response carries; `found` narrows to one type. */
export function responseError(error: unknown): (SearchError & { status: number }) | undefined {
  if (!(error instanceof errors.ResponseError)) return undefined;
  const body: unknown = error.body;
  const details = typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined;
  const { type, reason } = searchError.parse(details);
  return { type, reason, status: error.statusCode ?? 0 };
}

/** What answers need not be Elasticsearch: a proxy in between says what it likes. */
export const searchError = z
  .object({
    type: z
      .string()
      .regex(/^\w{1,100}$/)
      .catch('unknown'),
    reason: z.string().nullish().catch(null),
  })
  .catch({ type: 'unknown', reason: null });

/**
 * Runs one call of the search client and turns what it throws into failures of the pack; after a stop by `signal`, into
 * its reason, by which Temporal knows a cancelled activity from a failed one.
 */
export async function searchCall<T>(what: string, call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  try {
    return await call();
  } catch (error) {
    signal?.throwIfAborted();
    throw searchFailure(what, error);
  }
}

/** The failure that stands for an error of the search client; any other error comes back as it is. */
function searchFailure(what: string, error: unknown): unknown {
  const response = responseError(error);
  if (response) return refusal(what, response, (error as errors.ResponseError).headers?.['retry-after']);
  // No answer, an answer that was cut off, or one from something that is not Elasticsearch: all pass or are mended.
  if (error instanceof errors.ElasticsearchClientError) {
    return unavailable(`Elasticsearch could not ${what}: ${error.name}: ${shortened(error.message)}.`);
  }
  // The client passes on what its unpacking says.
  if (error instanceof Error && /^Z_/.test((error as NodeJS.ErrnoException).code ?? ''))
    return unavailable(`Elasticsearch could not ${what}: its answer is damaged (${error.message}).`);
  return error;
}

/** The failure for what the server answered instead of a result. */
export function refusal(
  what: string,
  error: SearchError & { status: number },
  retryAfter?: string,
): ApplicationFailure {
  const { status, type, reason } = error;
  const text = `Elasticsearch could not ${what}: ${type} (${status})${reason ? `: ${shortened(reason)}` : ''}.`;
  // Only abandonBuild and dropOldIndexes delete indexes, and both do so because something else took over.
  if (type === INDEX_GONE) return failure('BuildClosed', text);
  if (isDiskFull(error)) return failure('StorageFull', text);
  if (isTransient(status)) return unavailable(text, retryAfterMs(retryAfter));
  return REFUSED.has(status) || isBlocked(error) ? unavailable(text) : failure('InvariantBroken', text);
}

/** A retryable failure that says when to come back, where the server has said so. */
export function unavailable(text: string, retryInMs?: number): ApplicationFailure {
  if (retryInMs === undefined) return failure('Unavailable', text);
  return ApplicationFailure.create({
    type: 'Unavailable',
    message: errorMessage('Unavailable', text),
    nonRetryable: !ERRORS.Unavailable.retry,
    nextRetryDelay: retryInMs,
  });
}

/** An hour at most: a longer Retry-After is a mistake, or a case for a person who looks at the run. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/** Milliseconds that a Retry-After header asks for (RFC 9110, 10.2.3: seconds or a date); undefined where it does not. */
export function retryAfterMs(header: string | undefined, now = Date.now()): number | undefined {
  if (header === undefined) return undefined;
  const wait = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), MAX_RETRY_AFTER_MS) : undefined;
}

/** What a client has shown a server to be let in, where it is quoted. */
const CREDENTIALS = /\b(ApiKey|Basic|Bearer) +[\w+/=.~-]+/gi;

/** Reasons may quote a whole document, or a request with its headers; a failure stays small. */
export const shortened = (text: string): string => {
  const begins = text.slice(0, 10_000).replace(CREDENTIALS, '$1 [redacted]');
  return begins.length > 300 ? `${begins.slice(0, 300)}…` : begins;
};
