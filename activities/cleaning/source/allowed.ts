/** A bucket, or a part of one, that sources may lie in. */
export interface AllowedBucket {
  bucket: string;
  /** Sources lie below it; empty for the whole bucket. */
  prefix: string;
  region: string;
  endpoint?: string | undefined;
  forcePathStyle: boolean;
}

/** An address below which sources may be fetched. */
export interface AllowedAddress {
  /** Scheme, host and the beginning of the path. */
  url: string;
  /** A larger file is refused. */
  maxBytes: number;
  /** Whether the host may be one of a private network. */
  privateNetwork: boolean;
}

/** Where sources may lie: what the configuration allows, and nothing that an input says. */
export interface AllowedSources {
  /** Absolute folders. */
  roots: readonly string[];
  s3?: readonly AllowedBucket[];
  http?: readonly AllowedAddress[];
  /** Addresses of databases by the names that inputs use. They hold passwords. */
  postgres?: Readonly<Record<string, string>>;
}

/** What comes before the colon of a source decides what it is; a path has none. */
export type SourceKind = 'local' | 's3' | 'http' | 'postgres';

export function kindOf(source: string): SourceKind {
  if (/^s3:\/\//i.test(source)) return 's3';
  if (/^https?:\/\//i.test(source)) return 'http';
  return source.startsWith('postgres:') ? 'postgres' : 'local';
}

/** Whether `path` is `prefix` or lies below it, both with `/` between their parts. */
export const isBelow = (path: string, prefix: string): boolean => {
  const folder = prefix.replace(/\/$/, '');
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
};
