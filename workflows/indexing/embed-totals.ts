import type { EmbeddedMeta } from '../../activities/indexing/embedded-unit';
import type { BytesPerDocument } from '../../schemas/rebuild-index';

/** What the embed units of a run have made together. */
export interface EmbedTotals {
  chunks: number;
  embedded: number;
  fromCache: number;
  textBytes: number;
}

export const NOTHING_EMBEDDED: EmbedTotals = { chunks: 0, embedded: 0, fromCache: 0, textBytes: 0 };

/** Totals as a run holds them. One that continues a run from before there was a cache brings the number of chunks. */
export const totalsOf = (carried: EmbedTotals | number): EmbedTotals =>
  typeof carried === 'number' ? { ...NOTHING_EMBEDDED, chunks: carried } : carried;

/** Adds what a unit says of itself. */
export function addEmbedded(carried: EmbedTotals | number, unit: EmbeddedMeta): EmbedTotals {
  const { chunks, embedded, fromCache, textBytes } = totalsOf(carried);
  return {
    chunks: chunks + unit.chunks,
    embedded: embedded + (unit.embedded ?? 0),
    fromCache: fromCache + (unit.fromCache ?? 0),
    textBytes: textBytes + (unit.textBytes ?? 0),
  };
}

/** Totals as people see them while the run goes on. */
export function shownCounts(carried: EmbedTotals | number): Record<string, number> {
  const { chunks, embedded, fromCache } = totalsOf(carried);
  return { chunks, embedded, 'from cache': fromCache };
}

/** Bytes in all as bytes of each document, in whole numbers. */
export const perDocument = (documents: number, total: BytesPerDocument): BytesPerDocument => {
  const share = (bytes: number) => Math.round(bytes / Math.max(1, documents));
  return { text: share(total.text), vectors: share(total.vectors), disk: share(total.disk) };
};
