import { createReadStream, createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { ApplicationFailure } from '@temporalio/common';
import { failure } from '../errors';
import { errorCode } from './disk';

/** Which bucket, and how it is reached. Credentials come from the environment, as the AWS SDK finds them. */
export interface BucketSettings {
  bucket: string;
  region: string;
  endpoint?: string | undefined;
  forcePathStyle: boolean;
}

const CONNECT_TIMEOUT_MS = 5_000;
// A connection that moves no byte for this long is dead; a whole transfer may last longer.
const IDLE_TIMEOUT_MS = 60_000;
// Parts of 8 MiB, four at once: 32 MiB of memory, and at most 80 GB in the 10,000 parts that S3 allows.
const PART_BYTES = 8 * 1024 * 1024;
const PARTS_AT_ONCE = 4;

/**
 * The few requests that a store needs of an S3-compatible bucket, with errors as failures of the pack.
 *
 * The SDK makes one attempt of each. It is the activity that is retried, so that waiting is seen in the UI and a
 * broken part is not asked nine times where three were meant.
 */
export class S3Bucket {
  private readonly client: S3Client;

  constructor(private readonly settings: BucketSettings) {
    this.client = new S3Client({
      region: settings.region,
      forcePathStyle: settings.forcePathStyle,
      ...(settings.endpoint ? { endpoint: settings.endpoint } : {}),
      maxAttempts: 1,
      requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, socketTimeout: IDLE_TIMEOUT_MS },
    });
  }

  /** The text of an object, or undefined where there is none. */
  getText(object: string): Promise<string | undefined> {
    return this.unlessMissing(object, async () => {
      const { Body } = await this.client.send(new GetObjectCommand({ Bucket: this.settings.bucket, Key: object }));
      return Body?.transformToString('utf8');
    });
  }

  /** Writes an object to a local file and says true, or false where there is none. */
  async download(object: string, file: string): Promise<boolean> {
    const found = await this.unlessMissing(object, async () => {
      const { Body } = await this.client.send(new GetObjectCommand({ Bucket: this.settings.bucket, Key: object }));
      if (!(Body instanceof Readable)) return undefined;
      await pipeline(Body, createWriteStream(file));
      return true;
    });
    return found ?? false;
  }

  /** Uploads a local file of any size; the server checks each part against its CRC32. */
  async upload(object: string, file: string): Promise<void> {
    const upload = new Upload({
      client: this.client,
      partSize: PART_BYTES,
      queueSize: PARTS_AT_ONCE,
      params: { Bucket: this.settings.bucket, Key: object, Body: createReadStream(file), ChecksumAlgorithm: 'CRC32' },
    });
    await this.naming(() => upload.done());
  }

  /** Writes a small object if there is none of that name yet, and says whether it did. */
  putFirst(object: string, text: string): Promise<boolean> {
    const put = new PutObjectCommand({ Bucket: this.settings.bucket, Key: object, Body: text, IfNoneMatch: '*' });
    return this.naming(async () => {
      try {
        await this.client.send(put);
        return true;
      } catch (error) {
        // 412: one stands. 409: another is being written at this moment, which then will.
        if (error instanceof S3ServiceException && [409, 412].includes(error.$metadata.httpStatusCode ?? 0))
          return false;
        throw error;
      }
    });
  }

  /** Deletes those objects below `prefix` that `doomed` says yes to. */
  async delete(prefix: string, doomed: (object: string) => boolean): Promise<void> {
    const bucket = { Bucket: this.settings.bucket };
    await this.naming(async () => {
      for await (const page of paginateListObjectsV2({ client: this.client }, { ...bucket, Prefix: prefix })) {
        const names = (page.Contents ?? []).flatMap(({ Key }) => (Key !== undefined && doomed(Key) ? [{ Key }] : []));
        if (names.length === 0) continue;
        const deletion = new DeleteObjectsCommand({ ...bucket, Delete: { Objects: names, Quiet: true } });
        const { Errors: [refused] = [] } = await this.client.send(deletion);
        if (refused) throw failure('Unavailable', `${this.describe()} did not delete ${refused.Key}: ${refused.Code}.`);
      }
    });
  }

  /** Size and ETag of an object, or undefined where there is none. */
  head(object: string): Promise<{ bytes: number; etag: string | null } | undefined> {
    return this.unlessMissing(object, async () => {
      const found = await this.client.send(new HeadObjectCommand({ Bucket: this.settings.bucket, Key: object }));
      return { bytes: found.ContentLength ?? 0, etag: found.ETag ?? null };
    });
  }

  /** The objects whose keys begin with `prefix`, in the byte order of their keys. */
  async *list(prefix: string): AsyncGenerator<{ key: string; bytes: number; etag: string | null }> {
    const pages = paginateListObjectsV2({ client: this.client }, { Bucket: this.settings.bucket, Prefix: prefix });
    for (;;) {
      const page = await this.naming(() => pages.next());
      if (page.done) return;
      for (const { Key: key, Size: bytes = 0, ETag: etag = null } of page.value.Contents ?? []) {
        if (key !== undefined) yield { key, bytes, etag };
      }
    }
  }

  /**
   * The bytes of an object from `start` to before `end`. Yields null and ends where it is gone, or has another ETag
   * than the given one.
   */
  async *range(
    object: string,
    { etag, start, end }: { etag: string | null; start: number; end: number },
    signal: AbortSignal,
  ): AsyncGenerator<Buffer | null> {
    const command = new GetObjectCommand({
      Bucket: this.settings.bucket,
      Key: object,
      Range: `bytes=${start}-${end - 1}`,
      ...(etag === null ? {} : { IfMatch: etag }),
    });
    const body = await this.unlessMissing(object, async () => {
      const { Body } = await this.client.send(command, { abortSignal: signal });
      return Body instanceof Readable ? Body : undefined;
    });
    if (!body) {
      yield null;
      return;
    }
    const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    try {
      for (;;) {
        const next = await this.naming(() => chunks.next(), object);
        if (next.done) return;
        yield next.value;
      }
    } finally {
      body.destroy();
    }
  }

  describe(): string {
    const { bucket, endpoint } = this.settings;
    return `S3 bucket ${bucket}${endpoint ? ` at ${new URL(endpoint).host}` : ''}`;
  }

  private async unlessMissing<T>(object: string, request: () => Promise<T | undefined>): Promise<T | undefined> {
    return this.naming(async () => {
      try {
        return await request();
      } catch (error) {
        if (error instanceof S3ServiceException && GONE.has(error.name)) return undefined;
        throw error;
      }
    }, object);
  }

  /** Without the SDK's error as cause: that carries the request, signed headers included. */
  private async naming<T>(request: () => Promise<T>, object?: string): Promise<T> {
    try {
      return await request();
    } catch (error) {
      if (error instanceof ApplicationFailure || isDiskFull(error)) throw error;
      const about = object ? ` for ${object}` : '';
      throw failure('Unavailable', `${this.describe()} does not answer${about} (${causeOf(error)}).`);
    }
  }
}

/** There is no such object, or none with the ETag that was asked for. An answer to HEAD has no body to say more in. */
const GONE = new Set(['NoSuchKey', 'NotFound', 'PreconditionFailed', 'InvalidRange']);

const isDiskFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(errorCode(error) ?? '');

// Connections that fail on IPv4 and IPv6 are one error with an empty message, but with a code.
const causeOf = (error: unknown): string =>
  error instanceof Error ? [error.name, error.message || errorCode(error)].join(': ') : String(error);
