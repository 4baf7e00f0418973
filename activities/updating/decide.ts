import type { LedgerRow } from '../stores/registry-documents';

/**
 * Clocks of Temporal and PostgreSQL may differ by so much. A change that was applied shortly before the sources of a
 * dataset were read counts as newer than the dataset: it is compared again the next night, and nothing is lost.
 */
export const CLOCK_MARGIN_MS = 5 * 60_000;

/** A document that is to be written to indexes, or deleted from them. */
export interface Incoming {
  key: string;
  id: string;
  /** Null deletes it. */
  hash: string | null;
  /** The near-line change it comes from; null where it comes from a dataset. */
  changeId: number | null;
  /** ISO 8601. Of a dataset: when the run began that read the sources. Of a change: when it was recorded. */
  asOf: string;
  /** Write it although the ledger has it: what the index holds is not what the ledger says. */
  repair?: boolean;
}

export type Verdict = 'write' | 'same' | 'older';

/**
 * What is to be done with a document, by what an index has of it.
 *
 * Changes have an order of their own. A dataset is newer than a change that was applied before its sources were read; one
 * that came later is not in it for sure, and stays. Any change is newer than a dataset: what it says either is in there
 * already, or is not. While a feed catches up it may so show for a moment what it is about to pass.
 */
export function decide(row: LedgerRow | undefined, { hash, changeId, asOf, repair = false }: Incoming): Verdict {
  if (row && row.version > 0) {
    if (changeId === null) {
      if (row.changeId === null ? row.asOf > new Date(asOf) : !isCovered(row.acceptedAt, new Date(asOf)))
        return 'older';
    } else if (row.changeId !== null && row.changeId >= changeId && !repair) {
      return 'older';
    }
    if (row.contentHash === hash && !repair) return 'same';
  }
  return 'write';
}

/** Whether a dataset holds a change that was applied at a time, where its sources were read after `readSince`. */
export const isCovered = (appliedAt: Date, readSince: Date): boolean =>
  appliedAt.getTime() < readSince.getTime() - CLOCK_MARGIN_MS;
