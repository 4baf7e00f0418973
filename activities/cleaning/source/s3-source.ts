import { failure } from '../../errors';
import { S3Bucket } from '../../stores/s3-bucket';
import { isBelow, type AllowedBucket } from './allowed';
import { formatOf } from './formats';
import type { S3Place } from './plan-types';
import type { RemoteFiles, SourceFile, SourceListing } from './source-file';

/**
 * The bucket that `source` (`s3://bucket/prefix`) names, where it is an allowed one.
 * @throws `SourceNotAllowed`
 */
export function resolveS3(allowed: readonly AllowedBucket[], source: string): S3Source {
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/i.exec(source) ?? [];
  return openS3(allowed, { kind: 's3', bucket, prefix });
}

/** The bucket of a place. @throws `SourceNotAllowed` where the configuration does not allow it (any more). */
export function openS3(allowed: readonly AllowedBucket[], { bucket, prefix }: S3Place): S3Source {
  const settings = allowed.find((entry) => entry.bucket === bucket && isBelow(prefix, entry.prefix));
  const leaves = prefix.split('/').some((part) => part === '..' || part === '.');
  if (settings && !leaves) return new S3Source(settings, prefix);
  throw failure('SourceNotAllowed', `The source "s3://${bucket}/${prefix}" does not lie in an allowed bucket.`);
}

/** Objects of a bucket as files: read by ranges, each only if its ETag is still the planned one. */
export class S3Source implements RemoteFiles {
  private readonly bucket: S3Bucket;
  private skippedFiles = 0;

  constructor(
    private readonly settings: AllowedBucket,
    private readonly prefix: string,
  ) {
    this.bucket = new S3Bucket(settings);
  }

  /** The object of that very key, or those below it as a folder, in the byte order of their keys. */
  async list(formats: ReadonlySet<string>, signal: AbortSignal): Promise<SourceListing> {
    const { bucket } = this.settings;
    const skipped = () => this.skippedFiles;
    const object = isFolder(this.prefix) ? undefined : await this.bucket.head(this.prefix);
    if (object) {
      const name = this.prefix.split('/').at(-1) ?? '';
      const files = fromArray(this.fileOf({ ...object, key: this.prefix }, name, formats, signal));
      return { place: { kind: 's3', bucket, prefix: this.prefix }, single: true, files, skipped };
    }
    const folder = new S3Source(this.settings, isFolder(this.prefix) ? this.prefix : `${this.prefix}/`);
    const files = folder.below(formats, signal);
    return {
      place: { kind: 's3', bucket, prefix: folder.prefix },
      single: false,
      files,
      skipped: () => folder.skippedFiles,
    };
  }

  async *read(path: string, pin: string | null, start: number, end: number, signal: AbortSignal) {
    if (start >= end) return;
    const bytes = this.bucket.range(this.keyOf(path), { etag: pin, start, end }, signal);
    for await (const chunk of bytes) {
      if (chunk === null) throw changed(path);
      yield chunk;
    }
  }

  /** A place that is no folder is the object itself. */
  private keyOf(path: string): string {
    return isFolder(this.prefix) ? this.prefix + path : this.prefix;
  }

  private async *below(formats: ReadonlySet<string>, signal: AbortSignal): AsyncGenerator<SourceFile> {
    for await (const object of this.bucket.list(this.prefix)) {
      signal.throwIfAborted();
      // A key that ends in "/" stands for a folder, in stores that have none.
      if (!object.key.endsWith('/')) {
        yield* this.fileOf(object, object.key.slice(this.prefix.length), formats, signal);
      }
    }
  }

  /** The object as a file; nothing, but counted, where it is hidden or of another format. */
  private fileOf(
    { bytes, etag, key }: { bytes: number; etag: string | null; key: string },
    path: string,
    formats: ReadonlySet<string>,
    signal: AbortSignal,
  ): SourceFile[] {
    const kind = path.split('/').some((part) => part.startsWith('.')) ? undefined : formatOf(path);
    if (!kind || !formats.has(kind.format) || !isBelow(key, this.settings.prefix)) {
      this.skippedFiles++;
      return [];
    }
    const read = (start: number, end: number) => this.read(path, etag, start, end, signal);
    return [{ path, bytes, ...kind, pin: etag, absolute: null, read }];
  }
}

const isFolder = (prefix: string): boolean => prefix === '' || prefix.endsWith('/');

async function* fromArray(files: SourceFile[]): AsyncGenerator<SourceFile> {
  yield* await Promise.resolve(files);
}

const changed = (path: string) =>
  failure('SourceChanged', `The object "${path}" is not what it was when the source was planned.`);
