import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { Connection } from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import { SEARCH_ATTRIBUTES } from '../../schemas/names';
import { type CodecServer, startCodecServer } from '../codec/codec-server';
import { readProfile } from '../connecting/temporal-options';
import type { Env } from './cache';
import { LOOPBACK, type PartContext, type RunningPart } from './parts';
import { resolveTemporal } from './temporal-binary';

// Temporal's own defaults, so that its command line finds the server without a flag.
const PREFERRED_PORT = 7233;
const PREFERRED_UI_PORT = 8233;
const PREFERRED_CODEC_PORT = 8081;
// It is ready in 1 to 3 s; a long history in its file takes longer.
const READY_SECONDS = 60;
const CALL_MS = 2_000;

export interface TemporalAddress {
  /** host:port. */
  address: string;
  /** Set where the server is ours. */
  uiUrl?: string;
}

/**
 * The server that the environment names: TEMPORAL_ADDRESS, or the address of a profile of Temporal's own configuration
 * file. How to connect to it (TLS, key, namespace) is for `temporalOptions` to say. @throws WrongConnection
 */
export function configuredTemporal(env: Env, profile?: string): { address: string; setting: string } | undefined {
  const { address } = readProfile(env, profile);
  if (!address) return undefined;
  return { address, setting: env['TEMPORAL_ADDRESS'] ? 'TEMPORAL_ADDRESS' : 'a Temporal profile' };
}

/** Starts Temporal's development server with its UI, on the loopback address, its data in one file. */
export async function startTemporal(
  context: PartContext,
  codec?: PayloadCodec,
): Promise<{ temporal: TemporalAddress; part: RunningPart; codecServer?: CodecServer }> {
  const { cacheDir, env, log, signal, dir } = context;
  const binary = await resolveTemporal({ cacheDir, env, log, signal });
  const port = await context.ports.choose('temporal', PREFERRED_PORT);
  const uiPort = await context.ports.choose('temporal-ui', PREFERRED_UI_PORT);
  await mkdir(dir, { recursive: true });
  const codecServer = codec && (await serveCodec(codec, context, uiPort));
  const address = `${LOOPBACK}:${port}`;
  const child = await context.supervise({
    name: 'temporal',
    command: binary.path,
    args: serverArguments(path.join(dir, 'temporal.db'), port, uiPort, codecServer?.url),
    env,
    // Its other ports (metrics, HTTP, between its services) it chooses itself, and may lose to another process.
    startAttempts: 3,
    readyWithinSeconds: READY_SECONDS,
    ready: () => temporalIsReady(address),
  });
  return {
    temporal: { address, uiUrl: `http://${LOOPBACK}:${uiPort}` },
    part: {
      name: 'temporal',
      version: binary.version,
      found: binary.found,
      get pid() {
        return child.pid;
      },
    },
    ...(codecServer ? { codecServer } : {}),
  };
}

/** What the UI, which asks from the browser, reads encrypted payloads with. */
async function serveCodec(codec: PayloadCodec, { ports }: PartContext, uiPort: number): Promise<CodecServer> {
  const port = await ports.choose('codec', PREFERRED_CODEC_PORT);
  const origins = [LOOPBACK, 'localhost'].map((host) => `http://${host}:${uiPort}`);
  return startCodecServer({ codec, host: LOOPBACK, port, origins });
}

function serverArguments(file: string, port: number, uiPort: number, codecUrl: string | undefined): string[] {
  const options: Record<string, string[]> = {
    '--ip': [LOOPBACK],
    '--port': [String(port)],
    '--ui-port': [String(uiPort)],
    ...(codecUrl === undefined ? {} : { '--ui-codec-endpoint': [codecUrl] }),
    '--db-filename': [file],
    '--log-level': ['warn'],
    '--search-attribute': Object.values(SEARCH_ATTRIBUTES).map((name) => `${name}=Keyword`),
    '--dynamic-config-value': [
      // An activity that follows a workflow task at once starts with its answer: 86–100 ms a step become 35.
      'system.enableActivityEagerExecution=true',
      // A new search attribute can be used at once, not after the ten seconds of a cache.
      'system.forceSearchAttributesCacheRefreshOnRead=true',
      // That a version of workers is drained is seen after seconds, not after three minutes.
      'matching.wv.VersionDrainageStatusVisibilityGracePeriod="3s"',
      'matching.wv.VersionDrainageStatusRefreshInterval="3s"',
    ],
    // 22 workflows a second become 34. The file survives the death of the server; of the machine, it may not: development.
    '--sqlite-pragma': ['journal_mode=WAL', 'synchronous=OFF'],
  };
  const flags = Object.entries(options).flatMap(([flag, values]) => values.flatMap((value) => [flag, value]));
  return ['server', 'start-dev', ...flags];
}

/** True once the server takes calls and knows the namespace and the search attributes that every run sets. */
export async function temporalIsReady(address: string, namespace = 'default'): Promise<boolean> {
  const connection = Connection.lazy({ address, connectTimeout: CALL_MS });
  try {
    return await connection.withDeadline(Date.now() + CALL_MS, async () => {
      const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
      return Object.values(SEARCH_ATTRIBUTES).every((name) => name in customAttributes);
    });
  } finally {
    await connection.close();
  }
}
