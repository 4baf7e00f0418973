import { readdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { cached, type Env } from './cache';
import { isExecutable, onPath, runCommand } from './commands';
import { type Log, StackError } from './log';

/** The newest release whose module `go install` takes (a later one replaces a dependency): server 1.29, UI 2.42. */
export const TEMPORAL_VERSION = '1.5.1';
const GO_PACKAGE = 'github.com/temporalio/cli';

/** A `temporal` program. */
export interface TemporalBinary {
  path: string;
  /** Such as `1.5.1 (Server 1.29.1, UI 2.42.1)`. */
  version: string;
  /** How it came here, for people. */
  found: string;
}

export interface ResolveOptions {
  cacheDir: string;
  env: Env;
  log: Log;
  signal: AbortSignal;
}

/** The `temporal` that is here already: on the PATH, or in the cache. */
export async function findTemporal({
  cacheDir,
  env,
}: Pick<ResolveOptions, 'cacheDir' | 'env'>): Promise<TemporalBinary | undefined> {
  const candidates: [string | undefined, string][] = [
    [onPath('temporal', env), 'on the PATH'],
    [path.join(cacheDir, DOWNLOADED, 'temporal'), "downloaded by Temporal's SDK"],
    [path.join(cacheDir, BUILT, 'temporal'), 'built with go install'],
  ];
  for (const [file, found] of candidates) {
    const version = file && isExecutable(file) ? await versionOf(file, env) : undefined;
    if (file && version) return { path: file, version, found: `${file}, ${found}` };
  }
  return undefined;
}

/**
 * The `temporal` that is here, else the SDK's own download, else one built with Go.
 * @throws StackError where none of them works, with what each needs.
 */
export async function resolveTemporal(options: ResolveOptions): Promise<TemporalBinary> {
  const here = await findTemporal(options);
  if (here) return here;
  const notDownloaded = await download(options);
  if (notDownloaded !== undefined) await build(options, notDownloaded);
  const made = await findTemporal(options);
  if (!made) throw new StackError('The temporal program that was fetched does not run.', REMEDY);
  return made;
}

const DOWNLOADED = `temporal-${TEMPORAL_VERSION}-download`;
const BUILT = `temporal-${TEMPORAL_VERSION}-go`;
const REMEDY = 'Put `temporal` on the PATH (docs.temporal.io/cli), install Go, or set TEMPORAL_ADDRESS to a server.';

/** Downloads through the SDK; returns why not, or undefined when it is done. Off-line it fails within a second. */
async function download({ cacheDir, log, signal }: ResolveOptions): Promise<string | undefined> {
  log({ part: 'temporal', message: `downloading Temporal ${TEMPORAL_VERSION} (once)` });
  try {
    await cached(
      cacheDir,
      DOWNLOADED,
      async (dir) => {
        // Loaded here alone: it brings the SDK's native core, which every command would wait for. It downloads only to
        // start the server, so that starts once, in memory.
        const { TestWorkflowEnvironment } = await import('@temporalio/testing');
        const environment = await TestWorkflowEnvironment.createLocal({
          server: { executable: { type: 'cached-download', downloadDir: dir, version: `v${TEMPORAL_VERSION}` } },
        });
        await environment.teardown();
        await nameIt(dir);
      },
      signal,
    );
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof Error ? error.message : String(error);
  }
}

// The SDK names the file after itself.
async function nameIt(dir: string): Promise<void> {
  const [name] = await readdir(dir);
  if (!name) throw new Error('The download left no file.');
  await rename(path.join(dir, name), path.join(dir, 'temporal'));
}

async function build({ cacheDir, env, log, signal }: ResolveOptions, notDownloaded: string): Promise<void> {
  const go = onPath('go', env);
  if (!go)
    throw new StackError(
      `There is no temporal program, none could be downloaded (${notDownloaded}), and there is no Go to build one.`,
      REMEDY,
    );
  const message = `building Temporal ${TEMPORAL_VERSION} with Go (once; about 4 minutes on 2 cores)`;
  log({ part: 'temporal', message });
  await cached(
    cacheDir,
    BUILT,
    async (dir) => {
      await runCommand(
        go,
        [
          'install',
          '-ldflags',
          `-s -w -X ${GO_PACKAGE}/temporalcli.Version=${TEMPORAL_VERSION}`,
          `${GO_PACKAGE}/cmd/temporal@v${TEMPORAL_VERSION}`,
        ],
        {
          // GOFLAGS of a project (such as -mod=vendor) mean another build than this one.
          env: { ...env, GOBIN: dir, GOFLAGS: '' },
          cwd: dir,
          signal,
          onWait: (elapsedSeconds) => log({ part: 'temporal', message, elapsedSeconds }),
        },
      );
    },
    signal,
  ).catch((cause: Error) => {
    signal.throwIfAborted();
    throw new StackError(
      `Temporal could neither be downloaded (${notDownloaded}) nor built. ${cause.message}`,
      REMEDY,
      { cause },
    );
  });
}

async function versionOf(file: string, env: Env): Promise<string | undefined> {
  const text = await runCommand(file, ['--version'], { env, timeoutMs: 10_000 }).catch(() => '');
  return /^temporal version (.+)$/m.exec(text)?.[1];
}
