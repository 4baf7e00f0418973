import type { NativeConnectionOptions } from '@temporalio/worker';

type Options = Pick<NativeConnectionOptions, 'address' | 'tls' | 'apiKey'>;

/** How often files that credentials come from are looked at, in milliseconds: as often as Kubernetes renews those that it mounts. */
const EVERY_MS = 60_000;

export interface Following {
  /** Reads the settings anew. */
  read: () => Promise<{ connection: Options }>;
  everyMs?: number;
}

/**
 * Looks at the settings again and again, and hands on a key that has changed: a process takes a new one without being started
 * again where its key stands in a profile, which is a file. Settings that can not be read at the moment, a file half written, say,
 * are left for the next look.
 * @returns what ends it.
 */
export function followKey(
  known: Options,
  { read, take, everyMs = EVERY_MS }: Following & { take: (key: string) => unknown },
): () => void {
  let current = known.apiKey;
  // Nothing to follow: a connection without a key does not come to have one.
  if (current === undefined) return () => undefined;
  return repeat(everyMs, async () => {
    const { apiKey } = (await read()).connection;
    if (apiKey === undefined || apiKey === current) return;
    await take(apiKey);
    current = apiKey;
  });
}

/** The same for certificates and their keys, which only a new connection takes. */
export function followCertificates(
  known: Options,
  { read, take, everyMs = EVERY_MS }: Following & { take: (connection: Options) => Promise<void> },
): () => void {
  let current = fingerprint(known);
  if (current.trim() === '') return () => undefined;
  return repeat(everyMs, async () => {
    const { connection } = await read();
    const next = fingerprint(connection);
    if (next === current) return;
    await take(connection);
    current = next;
  });
}

/** Runs `look` every so often, one at a time, and forgets its failures. Keeps no process alive. */
function repeat(everyMs: number, look: () => Promise<void>): () => void {
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look()
      .catch(() => undefined)
      .finally(() => (looking = false));
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}

/** Stands for the files of a TLS connection; empty where it has none. */
function fingerprint({ tls }: Options): string {
  if (!tls || tls === true) return '';
  const { serverRootCACertificate: ca, clientCertPair: pair } = tls;
  return [ca, pair?.crt, pair?.key].map((bytes) => (bytes ? Buffer.from(bytes).toString('base64') : '')).join('\n');
}
