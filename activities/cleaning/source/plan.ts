import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { DocumentFormat } from '../../../schemas/clean-dataset';
import { failure } from '../../errors';
import { GroupedWriter } from '../grouped-lines';
import { hashRanges, type Cutter } from './hash';
import { PLAN_UNITS, type PlanMeta, type Slice } from './plan-types';
import { realRoots, resolveSource } from './resolve';
import { rowRanges, type RowRange } from './row-groups';
import { SourceWalk, type FoundFile } from './walk';

/** Slices in one unit at most: a unit of ten thousand tiny files would be slower than its bytes tell. */
const MOST_SLICES = 2_000;

export interface PlanTask {
  roots: readonly string[];
  source: string;
  formats: readonly DocumentFormat[];
  /** Source bytes in a unit, more or less: a line or a row group is never cut. */
  unitBytes: number;
  /** Empty folder for the plan's files. */
  dir: string;
}

/**
 * Lists the source, hashes every byte of it, and cuts it into units, in the order of the walk. The same files give
 * the same plan on every host. Reports the bytes hashed.
 * @throws `SourceNotAllowed`, `SourceNotFound`, `SourceEmpty`.
 */
export async function writePlan(
  { roots, source, formats, unitBytes, dir }: PlanTask,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<PlanMeta> {
  const place = await resolveSource(roots, source);
  const walk = new SourceWalk(await realRoots(roots), new Set(formats));
  const single = !(await stat(place.absolute)).isDirectory();
  const found = single ? walk.entry(place.absolute, path.basename(place.absolute)) : walk.folder(place.absolute);

  const writer = new GroupedWriter(dir, PLAN_UNITS);
  const packer = new UnitPacker(writer, unitBytes);
  let [files, bytes] = [0, 0];
  try {
    for await (const file of found) {
      for (const slice of await slicesOf(file, unitBytes, signal, onBytes)) packer.add(slice);
      files++;
      bytes += file.bytes;
    }
    packer.end();
  } finally {
    writer.close();
  }
  if (files === 0) {
    const others = walk.skipped > 0 ? ` (${walk.skipped} others were left alone)` : '';
    throw failure('SourceEmpty', `The source "${source}" holds no file of ${formats.join(', ')}${others}.`);
  }
  const { root, path: below } = place;
  const meta = {
    source: { root, path: below },
    single,
    files,
    bytes,
    units: writer.groups,
    skippedFiles: walk.skipped,
  };
  return meta;
}

async function slicesOf(
  file: FoundFile,
  unitBytes: number,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<Slice[]> {
  const { path: name, format, packing, bytes: fileBytes } = file;
  const whole: Slice = {
    path: name,
    format,
    packing,
    fileBytes,
    start: 0,
    end: fileBytes,
    sha256: null,
    rowsBefore: 0,
    rows: null,
  };
  try {
    // A Parquet file that can not be read as one is one slice, and one reject later.
    const groups = format === 'parquet' ? await rowRanges(file.absolute, unitBytes).catch(() => []) : [];
    const ranges = await hashRanges(file.absolute, cutterFor(file, unitBytes, groups), signal, onBytes);
    return ranges.map((range, index) => ({ ...whole, ...range, ...rowsOf(groups[index]) }));
  } catch (error) {
    signal.throwIfAborted();
    if (isSystemError(error)) return [whole];
    throw error;
  }
}

const isSystemError = (error: unknown): boolean => error instanceof Error && 'errno' in error;

const rowsOf = (range: RowRange | undefined): Partial<Slice> =>
  range ? { rowsBefore: range.rowsBefore, rows: range.rows } : {};

function cutterFor({ format, packing }: FoundFile, unitBytes: number, groups: RowRange[]): Cutter {
  const starts = groups.map((group) => group.start);
  if (format === 'parquet') return { atLineBreak: false, next: (from) => starts.find((s) => s > from) ?? Infinity };
  const cut = format === 'jsonl' && packing === 'plain';
  return { atLineBreak: cut, next: (start) => (cut ? start + unitBytes : Infinity) };
}

/** Puts slices into units: many small ones together, a large one alone, never out of order. */
class UnitPacker {
  private bytes = 0;
  private slices = 0;

  constructor(
    private readonly writer: GroupedWriter,
    private readonly unitBytes: number,
  ) {}

  add(slice: Slice): void {
    // What is packed grows when it is read, nobody knows how much: it gets a unit of its own.
    const bytes = slice.packing === 'plain' ? slice.end - slice.start : this.unitBytes;
    if (this.slices > 0 && (this.bytes + bytes > this.unitBytes || this.slices >= MOST_SLICES)) this.end();
    this.writer.add(slice);
    this.bytes += bytes;
    this.slices++;
  }

  end(): void {
    if (this.slices === 0) return;
    this.writer.endGroup();
    this.bytes = 0;
    this.slices = 0;
  }
}
