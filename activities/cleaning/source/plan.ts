import { join } from 'node:path';
import type { DocumentFormat } from '../../../schemas/clean-dataset';
import { failure } from '../../errors';
import { GroupedWriter } from '../grouped-lines';
import { kindOf, type AllowedSources } from './allowed';
import { hashRanges, type Cutter } from './hash';
import { openHttp } from './http-source';
import { listLocal } from './local-source';
import { PLAN_UNITS, type PlanMeta, type Slice } from './plan-types';
import { exportPostgres } from './postgres-source';
import { rowRanges, type RowRange } from './row-groups';
import { resolveS3 } from './s3-source';
import type { SourceFile, SourceListing } from './source-file';
import { writeSparseParquet } from './sparse-parquet';
import { UnitPacker } from './unit-packer';

export interface PlanTask {
  allowed: AllowedSources;
  source: string;
  /** For a database: what to read, and the column that orders it. */
  query: string | null;
  idField: string;
  formats: readonly DocumentFormat[];
  /** Source bytes in a unit at most, but for what is never cut: a file, a line, a row group. */
  unitBytes: number;
  /** Empty folder for the plan's files. */
  dir: string;
  /** Empty folder for what is needed on the way. */
  scratch: string;
}

/**
 * Lists the source and cuts it into units, in the order of its files. Every byte is hashed, unless a server vouches for
 * a file by a pin and nothing has to be cut. The same files give the same plan on every host. Reports the bytes read.
 * @throws `SourceNotAllowed`, `SourceNotFound`, `SourceEmpty`.
 */
export async function writePlan(
  task: PlanTask,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<PlanMeta> {
  const writer = new GroupedWriter(task.dir, PLAN_UNITS);
  const packer = new UnitPacker(writer, task.unitBytes);
  try {
    const found =
      kindOf(task.source) === 'postgres'
        ? await packRows(task, packer, signal, onBytes)
        : await packFiles(task, packer, signal, onBytes);
    packer.end();
    return { ...found, units: writer.groups };
  } finally {
    writer.close();
  }
}

type Packed = Omit<PlanMeta, 'units'>;

async function packFiles(
  task: PlanTask,
  packer: UnitPacker,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<Packed> {
  const { source, formats } = task;
  const listing = await listSource(task, signal);
  let [files, bytes] = [0, 0];
  for await (const file of listing.files) {
    for (const slice of await slicesOf(file, task, signal, onBytes)) packer.add(slice);
    files++;
    bytes += file.bytes;
    // A long list of files that are not read is progress, too.
    onBytes(1);
  }
  const skippedFiles = listing.skipped();
  if (files === 0) {
    const others = skippedFiles > 0 ? ` (${skippedFiles} others were left alone)` : '';
    throw failure('SourceEmpty', `The source "${source}" holds no file of ${formats.join(', ')}${others}.`);
  }
  const { place, single } = listing;
  return { source: place, single, files, bytes, skippedFiles };
}

async function packRows(
  { allowed, source, query, idField, unitBytes, dir }: PlanTask,
  packer: UnitPacker,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<Packed> {
  if (query === null) throw failure('InvalidQuery', `The source "${source}" needs a query.`);
  let bytes = 0;
  const request = { source, query, idField, unitBytes, dir };
  for await (const slice of exportPostgres(allowed.postgres ?? {}, request, signal)) {
    packer.add(slice);
    bytes += slice.fileBytes;
    onBytes(slice.fileBytes);
  }
  if (bytes === 0) throw failure('SourceEmpty', `The query on "${source}" has no rows.`);
  return { source: { kind: 'stored' }, single: true, files: 1, bytes, skippedFiles: 0 };
}

async function listSource({ allowed, source, formats }: PlanTask, signal: AbortSignal): Promise<SourceListing> {
  const kind = kindOf(source);
  if (kind === 's3') return resolveS3(allowed.s3 ?? [], source).list(new Set(formats), signal);
  if (kind === 'http') return openHttp(allowed.http ?? [], { kind, url: source }).list(new Set(formats), signal);
  return listLocal(allowed.roots, source, formats);
}

async function slicesOf(
  file: SourceFile,
  { unitBytes, scratch }: PlanTask,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<Slice[]> {
  const { path, format, packing, pin, bytes: fileBytes } = file;
  const slice: Slice = {
    path,
    format,
    packing,
    fileBytes,
    start: 0,
    end: fileBytes,
    sha256: null,
    rowsBefore: 0,
    rows: null,
  };
  const whole = file.absolute === null ? { ...slice, pin } : slice;
  try {
    // A Parquet file that can not be read as one is one slice, and one reject later.
    const groups = format === 'parquet' ? await rowGroups(file, unitBytes, scratch) : [];
    const cut = format === 'jsonl' && packing === 'plain' && fileBytes > unitBytes;
    if (pin !== null && !cut) return pinned(whole, groups);
    // A local file is read to its end, whatever its size was said to be: only so does a read that fails show.
    const end = file.absolute === null ? fileBytes : Infinity;
    const ranges = await hashRanges(file.read(0, end), cutterFor(file, unitBytes, groups), signal, onBytes);
    const footer = groups.length > 1 ? { footer: ranges.at(-1)?.sha256 } : {};
    return ranges.map((range, index) => ({ ...whole, ...range, ...rowsOf(groups[index]), ...footer }));
  } catch (error) {
    signal.throwIfAborted();
    if (isSystemError(error)) return [whole];
    throw error;
  }
}

async function rowGroups(file: SourceFile, unitBytes: number, scratch: string): Promise<RowRange[]> {
  if (file.absolute !== null) return rowRanges(file.absolute, unitBytes).catch(() => []);
  const local = join(scratch, 'footer.parquet');
  await writeSparseParquet(file, null, local);
  return rowRanges(local, unitBytes).catch(() => []);
}

/** Slices of a file whose content its server vouches for: nothing is read to plan them. */
const pinned = (whole: Slice, groups: readonly RowRange[]): Slice[] =>
  groups.length === 0
    ? [whole]
    : groups.map((group, index) => {
        const end = groups[index + 1]?.start ?? whole.fileBytes;
        return { ...whole, start: group.start, end, ...rowsOf(group) };
      });

const isSystemError = (error: unknown): boolean => error instanceof Error && 'errno' in error;

const rowsOf = (range: RowRange | undefined): Partial<Slice> =>
  range ? { rowsBefore: range.rowsBefore, rows: range.rows } : {};

function cutterFor({ format, packing }: SourceFile, unitBytes: number, groups: RowRange[]): Cutter {
  const starts = groups.map((group) => group.start);
  if (format === 'parquet') return { atLineBreak: false, next: (from) => starts.find((s) => s > from) ?? Infinity };
  const cut = format === 'jsonl' && packing === 'plain';
  return { atLineBreak: cut, next: (start) => (cut ? start + unitBytes : Infinity) };
}
