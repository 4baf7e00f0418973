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
  /** sha256 of those bytes; null where a pin stands for them, or where they could not be read when it was planned. */
  sha256: string | null;
  /** What the server said of the content of the file; left out for local files. */
  pin?: string | null;
  /** Rows of the file before the slice: line breaks of JSON Lines, rows of Parquet. */
  rowsBefore: number;
  /** Rows in the slice, known for Parquet only. */
  rows: number | null;
  /** Of a Parquet file that is cut: sha256 of its last slice, which says what the bytes of the others mean. */
  footer?: string | undefined;
  /** Its file in the plan itself, for rows that were exported when the source was planned. */
  stored?: string;
}

/** Whether the slice could be read when the source was planned. */
export const wasReadable = ({ sha256, pin }: Slice): boolean => sha256 !== null || typeof pin === 'string';

/** A place in a bucket. */
export interface S3Place {
  kind: 's3';
  bucket: string;
  /** Key of the object, or what the keys of a folder begin with: empty, or with `/` at its end. */
  prefix: string;
}

/** A file behind an address. */
export interface HttpPlace {
  kind: 'http';
  url: string;
}

/** Rows of a database: the plan itself holds them. */
export interface StoredPlace {
  kind: 'stored';
}

/** Where a source lies. Local places have no kind: plans from before there were others can still be read. */
export type AnyPlace = (SourcePlace & { kind?: never }) | S3Place | HttpPlace | StoredPlace;

/** What the plan says besides its slices. */
export interface PlanMeta {
  source: AnyPlace;
  /** True where the source is a single file; its slices are named by its file name. */
  single: boolean;
  files: number;
  bytes: number;
  units: number;
  skippedFiles: number;
}

/** Where slices stand in the plan's file set. */
export const PLAN_UNITS = 'units';
