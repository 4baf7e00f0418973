import type { DocumentFormat } from '../../../schemas/clean-dataset';
import type { Packing } from './formats';
import type { AnyPlace } from './plan-types';

/** A file of a source, wherever it lies. */
export interface SourceFile {
  /** Below the source, with `/` between its parts. */
  path: string;
  bytes: number;
  format: DocumentFormat;
  packing: Packing;
  /**
   * What its server says of the content, such as an ETag: another content has another pin. Null where there is no such
   * word, and the bytes have to be hashed.
   */
  pin: string | null;
  /** Its real path, where it lies on this host. */
  absolute: string | null;
  /** The bytes from `start` to before `end`; each chunk is valid until the next is asked for. */
  read(start: number, end: number): AsyncIterable<Buffer>;
}

/** A source that is planned: its files in their order, and how many others were left alone (known at the end). */
export interface SourceListing {
  /** As the plan names it, for whoever reads the units. */
  place: AnyPlace;
  /** True where the source is one file and not a folder. */
  single: boolean;
  files: AsyncIterable<SourceFile>;
  skipped(): number;
}

/** A server that holds sources. Units read from it by ranges, so any host may. */
export interface RemoteFiles {
  /** The bytes of a range of a file. @throws `SourceChanged` where its pin is another by now, or it is gone. */
  read(path: string, pin: string | null, start: number, end: number, signal: AbortSignal): AsyncIterable<Buffer>;
}
