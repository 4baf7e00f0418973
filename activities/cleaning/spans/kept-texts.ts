import { createReadStream } from 'node:fs';
import type { Report } from '../../kit/heartbeat';
import { linesOf } from '../read/lines';
import type { KeptDocument } from '../unit-output';

const REPORT_EVERY = 1_000;

/** Goes through the documents that a unit has kept, in their order; of those not wanted nothing is read but the line. */
export async function forEachKept(
  { kept, count }: { kept: string; count: number },
  wants: (ordinal: number) => boolean,
  each: (document: KeptDocument) => void,
  report: Report,
): Promise<void> {
  let ordinal = 0;
  const chunks = createReadStream(kept, { highWaterMark: 1 << 20 });
  for await (const { bytes } of linesOf(chunks, Number.MAX_SAFE_INTEGER)) {
    if (wants(ordinal)) each(JSON.parse(bytes.toString('utf8')) as KeptDocument);
    if (++ordinal % REPORT_EVERY === 0) report(ordinal, count);
  }
}
