import { temporal } from '@temporalio/proto';
import { payloadsOf } from '../../codec/readable';
import type { HistoryEvent } from '../histories';
import type { Cost, Problem } from './story';

type Timestamp = HistoryEvent['eventTime'];
type Failure = temporal.api.failure.v1.IFailure;
type Span = temporal.api.common.v1.IRetryPolicy['initialInterval'];

export const idOf = ({ eventId }: HistoryEvent): number => Number(eventId);

/** Milliseconds since 1970, with their fraction. */
export const millis = (time: Timestamp): number => Number(time?.seconds ?? 0) * 1000 + (time?.nanos ?? 0) / 1e6;

export const spanMillis = (span: Span): number => millis(span);

/** The type as the API names it, without its prefix. */
export const typeOf = ({ eventType }: HistoryEvent): string =>
  temporal.api.enums.v1.EventType[eventType ?? 0]?.replace(/^EVENT_TYPE_/, '') ?? 'UNKNOWN';

/** Bytes of what the payloads of an event hold, without their metadata. */
export const bytesOf = (event: HistoryEvent): number[] => payloadsOf(event).map(({ data }) => data?.length ?? 0);

/** The values of payloads that are JSON; others are undefined. */
export const valuesOf = (from: unknown): unknown[] =>
  payloadsOf(from).map(({ data }) => {
    try {
      return JSON.parse(Buffer.from(data ?? []).toString('utf8')) as unknown;
    } catch {
      return undefined;
    }
  });

/** The code and message of a failure, of its innermost cause that has a code of its own. */
export function problemOf(failure: Failure | null | undefined): Problem | null {
  if (!failure) return null;
  const { applicationFailureInfo: own, timeoutFailureInfo: timeout, canceledFailureInfo: cancelled } = failure;
  if (!own && !timeout && !cancelled && failure.cause) return problemOf(failure.cause);
  const timeoutType = temporal.api.enums.v1.TimeoutType[timeout?.timeoutType ?? 0]?.replace(/^TIMEOUT_TYPE_/, '');
  const code = own?.type || (timeout ? `TIMEOUT ${timeoutType}` : cancelled ? 'Cancelled' : 'Error');
  const [encoded] = valuesOf(failure.encodedAttributes) as [{ message?: string }?];
  return { code, message: (encoded?.message ?? failure.message ?? '').split('\n')[0] ?? '' };
}

/** Money and tokens that a value tells of, in its outermost objects that do; null where none does. */
export function costOf(value: unknown): Cost | null {
  if (typeof value !== 'object' || value === null) return null;
  const { usd, tokens, inputTokens, outputTokens } = value as Record<string, unknown>;
  const number = (given: unknown) => (typeof given === 'number' ? given : 0);
  if (typeof usd === 'number' || typeof inputTokens === 'number')
    return { usd: number(usd), tokens: number(tokens) + number(inputTokens) + number(outputTokens) };
  return sumCosts(Object.values(value).map(costOf));
}

export function sumCosts(costs: readonly (Cost | null)[]): Cost | null {
  const told = costs.filter((cost) => cost !== null);
  if (told.length === 0) return null;
  return told.reduce((sum, { usd, tokens }) => ({ usd: sum.usd + usd, tokens: sum.tokens + tokens }));
}
