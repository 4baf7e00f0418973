import { NativeConnection, type Worker } from '@temporalio/worker';
import { followCertificates, followKey } from '../connecting/follow-credentials';
import { resolveTemporal, type Endpoints, type Settings } from '../settings';

export interface FollowTemporal {
  settings: Settings;
  /** How the workers were connected. */
  temporal: Endpoints['temporal'];
  workers: readonly Worker[];
  connection: NativeConnection;
  note: (message: string) => void;
  /** Told which connection has taken the place of the last one, which is closed. */
  replaced: (connection: NativeConnection) => void;
}

/**
 * Hands on API keys and certificates that were renewed, in the profile or in the files that it or the environment names, to
 * workers that go on working. @returns what ends it.
 */
export function followTemporal({
  settings,
  temporal,
  workers,
  connection,
  note,
  replaced,
}: FollowTemporal): () => void {
  let current = connection;
  const read = () => resolveTemporal(settings);
  const known = temporal.connection;
  const followed = {
    read,
    ...(settings.env[LOOK_EVERY] ? { everyMs: Number(settings.env[LOOK_EVERY]) } : {}),
  };
  const stops = [
    followKey(known, {
      ...followed,
      async take(key) {
        await current.setApiKey(key);
        note('Took the new API key of Temporal.');
      },
    }),
    followCertificates(known, {
      ...followed,
      async take(options) {
        // Those that the server does not take, or not yet, leave the connection that works.
        const next = await NativeConnection.connect(options);
        for (const worker of workers) worker.connection = next;
        const last = current;
        current = next;
        replaced(next);
        await last.close();
        note('Took the new certificates of Temporal.');
      },
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Milliseconds between two looks, for tests. */
const LOOK_EVERY = 'LLM_PACK_LOOK_EVERY_MS';
