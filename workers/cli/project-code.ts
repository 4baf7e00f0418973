import type { PayloadCodec } from '@temporalio/common';
import { Runtime } from '@temporalio/worker';
import { workflowBundle } from '../bundle';
import type { Settings } from '../settings';
import { settingsConverter } from './client';
import type { ReplayedCode } from './replay-history';

/** This project's workflows as they are now, to replay against, and what its payloads are decrypted with. The SDK is kept quiet. */
export async function projectCode(
  settings: Settings,
): Promise<{ code: ReplayedCode; codecs: readonly PayloadCodec[] }> {
  // It would print each mismatch as well, in its own words.
  const logger = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };
  Runtime.install({ logger, telemetryOptions: { logging: { filter: 'OFF', forward: {} } } });
  const dataConverter = settingsConverter(settings);
  return {
    code: {
      workflowBundle: await workflowBundle(dataConverter?.failureConverterPath),
      ...(dataConverter ? { dataConverter } : {}),
    },
    codecs: dataConverter?.payloadCodecs ?? [],
  };
}
