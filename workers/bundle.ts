import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { bundleWorkflowCode, type WorkflowBundleOption } from '@temporalio/worker';
import { packageRoot } from '../activities/kit/package-root';

/** The ready bundle that `npm run build` leaves in the package. */
const BUNDLE = join('dist', 'workflow-bundle.js');

/** Names the bundle of the sources as they are, for many processes that run from them: the tests. What runs from dist has its own. */
export const READY_BUNDLE = 'LLM_PACK_WORKFLOW_BUNDLE';

/**
 * The bundle of all workflows: the built one when this code runs from dist, otherwise made on the spot (about 2 s). So is one
 * whose failures are converted in another way, or one for versions of a deployment.
 */
export async function workflowBundle(failureConverterPath?: string, versioned = false): Promise<WorkflowBundleOption> {
  if (failureConverterPath !== undefined || versioned)
    return makeBundle(versioned ? VERSIONED : WORKFLOWS, failureConverterPath);
  const ready = __filename.endsWith('.js') ? join(packageRoot(), BUNDLE) : process.env[READY_BUNDLE];
  if (ready !== undefined && existsSync(ready)) return { codePath: ready };
  return makeBundle();
}

// Of this file's own kind: sources in a checkout, compiled files in a package.
const WORKFLOWS = join(__dirname, '..', 'workflows', `index${extname(__filename)}`);
const VERSIONED = join(__dirname, '..', 'workflows', `versioned${extname(__filename)}`);

/** The module that carries traces through workflows. */
export const TRACE_INTERCEPTORS = join(__dirname, '..', 'workflows', 'kit', `trace-interceptors${extname(__filename)}`);

/** Bundles the workflows that the file exports, with the interceptors that carry traces, and others where there are any. */
export async function makeBundle(
  workflowsPath = WORKFLOWS,
  failureConverterPath?: string,
  workflowInterceptorModules: string[] = [],
): Promise<{ code: string }> {
  return bundleWorkflowCode({
    workflowsPath,
    workflowInterceptorModules: [TRACE_INTERCEPTORS, ...workflowInterceptorModules],
    ...(failureConverterPath === undefined ? {} : { failureConverterPath }),
    // Its chatter would bury the command's own output; errors are thrown.
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} },
  });
}

/** Writes the ready bundle; the last step of `npm run build`. */
export async function writeBundle(): Promise<void> {
  const { code } = await makeBundle();
  const target = join(packageRoot(), BUNDLE);
  // An unchanged bundle keeps its time, so that a running worker's source maps stay true.
  if (existsSync(target) && (await readFile(target, 'utf8')) === code) return;
  await writeFile(`${target}.tmp`, code);
  await rename(`${target}.tmp`, target);
}
