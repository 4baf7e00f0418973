import type { DocumentFormat } from '../../../schemas/clean-dataset';
import type { Packing } from './formats';
import type { SourcePlace } from './resolve';

/** A part of a source file that one unit reads: the whole of a small one, or a range of a large one. */
export interface Slice {
  /** Below the source, with `/` between its parts. */
  path: string;
  format: DocumentFormat;
  packing: Packing;
  /** Size of the whole file. */
  fileBytes: number;
  /** Bytes of the file that belong to the slice: `end` is the first that does not. */
  start: number;
  end: number;
  /** sha256 of those bytes; null where they could not be read when the source was planned. */
  sha256: string | null;
  /** Rows of the file before the slice: line breaks of JSON Lines, rows of Parquet. */
  rowsBefore: number;
  /** Rows in the slice, known for Parquet only. */
  rows: number | null;
}

/** What the plan says besides its slices. */
export interface PlanMeta {
  source: SourcePlace;
  /** True where the source is a single file; its slices are named by its file name. */
  single: boolean;
  files: number;
  bytes: number;
  units: number;
  skippedFiles: number;
}

/** Where slices stand in the plan's file set. */
export const PLAN_UNITS = 'units';
