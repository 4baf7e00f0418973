import { failure } from '../../../errors';
import { type AllowedBucket, isBelow } from '../../../cleaning/source/allowed';
import { S3Bucket } from '../../../stores/s3-bucket';
import { type ModelSource, type PinnedFile, take } from './model-source';

/** The objects below a prefix of an allowed bucket, each pinned by its ETag. @throws `SourceNotAllowed`, `SourceNotFound` */
export async function bucketSource(allowed: readonly AllowedBucket[], source: string): Promise<ModelSource> {
  const [, bucket = '', below = ''] = /^s3:\/\/([^/]+)\/?(.*?)\/*$/i.exec(source) ?? [];
  const settings = allowed.find((entry) => entry.bucket === bucket && isBelow(below, entry.prefix));
  if (!settings || below.split('/').some((part) => part === '..' || part === '.')) {
    throw failure('SourceNotAllowed', `The source "${source}" does not lie in an allowed bucket.`);
  }
  const prefix = below === '' ? '' : `${below}/`;
  const objects = new S3Bucket(settings);
  const files: PinnedFile[] = [];
  for await (const { key, bytes, etag } of objects.list(prefix)) {
    const name = key.slice(prefix.length);
    if (name !== '' && !name.endsWith('/')) files.push({ name, bytes, pin: `etag:${etag ?? ''}` });
  }
  if (files.length === 0) throw failure('SourceNotFound', `Nothing lies at ${source}.`);

  async function* range(name: string, pin: string, start: number, end: number, signal: AbortSignal) {
    if (start >= end) return;
    const etag = pin.slice('etag:'.length) || null;
    for await (const chunk of objects.range(`${prefix}${name}`, { etag, start, end }, signal)) {
      if (chunk === null)
        throw failure('SourceChanged', `The object "${name}" is not what it was when it was planned.`);
      yield chunk;
    }
  }
  const pinOf = (name: string) => files.find((file) => file.name === name)?.pin ?? '';
  return {
    name: `s3://${bucket}/${below}`,
    isLocal: false,
    files,
    read: (name, start, end) => take(range(name, pinOf(name), start, end, new AbortController().signal), end - start),
    pinned: (names) => Promise.resolve(files.filter(({ name }) => names.includes(name))),
    stream: ({ name, bytes, pin }, from, signal) => range(name, pin, from, bytes, signal),
  };
}
