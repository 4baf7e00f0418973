import { createReadStream } from 'node:fs';
import { failure } from '../../errors';
import { readRows, type SignatureRow, type UnitSignatures } from '../dedup/signature-file';
import { linesOf } from '../read/lines';
import type { KeptDocument, UnitOutput } from '../unit-output';
import { addCounts, type SliceCounts } from './slice-counts';

/** Slices of a unit that an earlier version has filtered already, and what it made of them, on this host. */
export interface AgainTask {
  /** For each slice of the unit its number among those of then; null for one that is new. */
  from: (number | null)[];
  /** The slices of then. */
  then: SliceCounts[];
  /** JSON Lines of all documents that filtering had kept of them, and of those it had rejected, in their order. */
  documents: string;
  rejects: string;
  /** Of the documents. */
  signatures: UnitSignatures;
}

/** Goes through what a unit was then, slice by slice, and writes what is wanted of it into the unit as it is now. */
export class SlicesAgain {
  private readonly documents: Lines;
  private readonly rejects: Lines;
  private readonly signatures: SignatureRow[];
  /** Documents kept and rejected before each slice. */
  private readonly before: { kept: number; rejected: number }[] = [];

  constructor(private readonly task: AgainTask) {
    this.documents = new Lines(task.documents);
    this.rejects = new Lines(task.rejects);
    this.signatures = readRows(task.signatures);
    const sum = { kept: 0, rejected: 0 };
    for (const { kept, rejected } of task.then) {
      this.before.push({ ...sum });
      sum.kept += kept;
      sum.rejected += rejected;
    }
  }

  /** What the slice was then; undefined for one that is new. */
  of(slice: number): SliceCounts | undefined {
    const number = this.task.from[slice] ?? null;
    return number === null ? undefined : this.task.then[number];
  }

  /** Writes the documents and rejects of a slice that is known; slices are asked for in their order. */
  async write(slice: number, output: UnitOutput): Promise<void> {
    const number = this.task.from[slice] ?? -1;
    const [counts, before] = [this.task.then[number], this.before[number]];
    if (!counts || !before) throw failure('InvariantBroken', `Slice ${slice} was not filtered before.`);
    for (let ordinal = before.kept; ordinal < before.kept + counts.kept; ordinal++) {
      const row = this.signatures[ordinal];
      if (!row) throw failure('InvariantBroken', `Document ${ordinal} of an earlier unit has no signature.`);
      output.keepAgain(JSON.parse(await this.documents.at(ordinal)) as KeptDocument, row);
    }
    for (let place = before.rejected; place < before.rejected + counts.rejected; place++) {
      output.rejectAgain(await this.rejects.at(place));
    }
    addCounts(output.reasons, counts.reasons);
  }

  async close(): Promise<void> {
    await Promise.all([this.documents.close(), this.rejects.close()]);
  }
}

/** Lines of a file by their numbers, which only grow. */
class Lines {
  private next = 0;
  private readonly lines: AsyncGenerator<{ bytes: Buffer }>;

  constructor(private readonly file: string) {
    this.lines = linesOf(createReadStream(file, { highWaterMark: 1 << 20 }), Number.MAX_SAFE_INTEGER);
  }

  async at(number: number): Promise<string> {
    for (; this.next < number; this.next++) await this.lines.next();
    this.next++;
    const line = await this.lines.next();
    if (line.done) throw failure('InvariantBroken', `${this.file} ends before line ${number}.`);
    return line.value.bytes.toString('utf8');
  }

  async close(): Promise<void> {
    await this.lines.return(undefined);
  }
}
