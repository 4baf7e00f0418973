import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import type { WorkerDeploymentOptions } from '@temporalio/worker';
import { buildId, deploymentName } from '../schemas/config';
import { packageVersion } from './cli/version';
import type { Settings } from './settings';

/** The variables that Temporal's own controller for Kubernetes sets. */
export const NAME_VARIABLE = 'TEMPORAL_DEPLOYMENT_NAME';
export const BUILD_VARIABLE = 'TEMPORAL_WORKER_BUILD_ID';

/** A deployment's name or build id that Temporal would not take; its message names the setting. */
export class WrongVersion extends Error {
  override name = 'WrongVersion';
}

/**
 * The version that this project's workflow workers are, by the environment and `deployment` in temporal.config.ts; undefined where
 * workers are not versioned. @throws WrongVersion
 */
export async function deploymentVersion(
  { config, env }: Pick<Settings, 'config' | 'env'>,
  code: () => Promise<string> = workflowCode,
): Promise<WorkerDeploymentVersion | undefined> {
  const name = env[NAME_VARIABLE] || config.deployment?.name;
  const id = env[BUILD_VARIABLE] || config.deployment?.buildId;
  if (!name && !id) return undefined;
  if (!name) throw new WrongVersion(`${BUILD_VARIABLE} is set, but not ${NAME_VARIABLE}. Set both, or neither.`);
  return {
    deploymentName: checked(NAME_VARIABLE, name, deploymentName),
    buildId: id ? checked(BUILD_VARIABLE, id, buildId) : buildIdOf(packageVersion(), await code()),
  };
}

function checked(variable: string, value: string, schema: typeof buildId): string {
  const { success, error } = schema.safeParse(value);
  if (success) return value;
  throw new WrongVersion(`${variable} is "${value}", which ${error.issues[0]?.message ?? 'is wrong'}.`);
}

const SOURCE_MAP = /^\/\/# sourceMappingURL=.*$/gm;
// 48 bits: among a thousand builds two of the same id are one chance in half a billion.
const HASH_DIGITS = 12;

/** The same for the same code of the workflows and the SDK, wherever it was built: a source map holds the paths of its machine. */
export const buildIdOf = (version: string, code: string): string =>
  `${version}-${createHash('sha256').update(code.replace(SOURCE_MAP, '')).digest('hex').slice(0, HASH_DIGITS)}`;

async function workflowCode(): Promise<string> {
  // Loads the SDK of workers, which most commands do without.
  const { workflowBundle } = await import('./bundle.js');
  const bundle = await workflowBundle();
  return 'code' in bundle ? bundle.code : readFile(bundle.codePath, 'utf8');
}

/**
 * What a worker is told of its version. Each workflow of the pack says by itself what becomes of its runs (schemas/versioning.ts); the
 * default is for a team's own in the same bundle, which go on as they would without versions.
 */
export const versionOptions = (version: WorkerDeploymentVersion): WorkerDeploymentOptions => ({
  version,
  useWorkerVersioning: true,
  defaultVersioningBehavior: 'AUTO_UPGRADE',
});
