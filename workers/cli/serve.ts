import { extname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { packageRoot } from '../../activities/kit/package-root';
import { POOLS, QUEUES, type Pool } from '../../schemas/names';
import { duration } from '../../workflows/kit/progress-text';
import type { Settings } from '../settings';
import { configuredEncoders } from '../encoders';
import { ensureEncoderModel } from '../stack/encoder-model';
import { StackError, StackTaken, type LogEvent } from '../stack/log';
import { readStack, startStack, type Stack } from '../stack/stack';
import { supervise, type Supervised } from '../stack/supervisor';
import { pollers, settingsConverter, withTemporal } from './client';
import { CliError, EXIT } from './exit';
import type { Output } from './output';
import { ProgressLine } from './progress-line';

/** The embedded parts and the pools, as this process started them or found them running. */
export interface Serving {
  /** False where all of it runs in other processes: nothing ends with this one. */
  holds: boolean;
  /** Ends what this process started, workers first. */
  stop(): Promise<void>;
}

export interface ServeOptions {
  settings: Settings;
  out: Output;
  /** False for the parts alone. */
  workers: boolean;
  signal: AbortSignal;
}

/**
 * Starts the parts that have no address of their own, or joins those that run in this project already, makes the
 * encoder ready, and starts a worker process for each pool that nobody serves yet.
 * @throws StackError or CliError that says which part could not be started and what to do.
 */
export async function serve({ settings, out, workers, signal }: ServeOptions): Promise<Serving> {
  const log = shownIn(out);
  const started: { stop(): Promise<unknown> }[] = [];
  // Workers before the parts they work with.
  const stop = async () => {
    for (const part of started.splice(0).reverse()) await part.stop();
  };
  try {
    const encoder = workers ? prepareEncoder(settings, log.event) : Promise.resolve();
    encoder.catch(() => undefined); // told below, once the stack stands or has failed itself
    const stack = await startOrJoin(settings, log.event, signal);
    if (stack) started.push(stack);
    await encoder;
    if (workers) started.push(...(await startPools(settings, stack, log.event, signal)));
    log.end();
    return { holds: started.length > 0, stop };
  } catch (error) {
    log.end();
    await stop();
    throw signal.aborted ? signal.reason : error;
  }
}

// What another command takes to start its parts on a bare machine, and then some.
const JOIN_WITHIN_MS = 10 * 60_000;
const LOOK_EVERY_MS = 500;

/** The stack, or undefined where another process runs it; waits for one that is just being started. */
async function startOrJoin(
  settings: Settings,
  log: (event: LogEvent) => void,
  signal: AbortSignal,
): Promise<Stack | undefined> {
  const { stateDir, cacheDir, env, config } = settings;
  const codec = settingsConverter(settings)?.payloadCodecs[0];
  const deadline = Date.now() + JOIN_WITHIN_MS;
  for (let told = false; ; told = true) {
    const running = await readStack(stateDir);
    if (running) {
      log({
        part: 'stack',
        message: `runs already in this project (process ${running.supervisor.pid}): used as it is`,
      });
      return undefined;
    }
    try {
      return await startStack({
        stateDir,
        cacheDir,
        env,
        log,
        signal,
        temporalProfile: config.temporal.profile,
        codec,
      });
    } catch (error) {
      if (!(error instanceof StackTaken) || Date.now() > deadline) throw error;
      if (!told) log({ part: 'stack', message: 'is being started by another command: waiting for it' });
      await sleep(LOOK_EVERY_MS, undefined, { signal });
    }
  }
}

/** Finds or fetches the models before a worker needs them, where the progress can be seen. */
async function prepareEncoder({ config, cacheDir }: Settings, log: (event: LogEvent) => void): Promise<void> {
  const encoders = configuredEncoders(config);
  for (const [name, { model, precision }] of encoders) {
    const { origin } = await ensureEncoderModel({ model, precision, cacheDir, log });
    log({ part: 'encoder', message: `${encoders.size > 1 ? `${name} ` : ''}ready (${origin})` });
  }
}

/** One supervised process for each pool that no worker polls. */
async function startPools(
  settings: Settings,
  stack: Stack | undefined,
  log: (event: LogEvent) => void,
  signal: AbortSignal,
): Promise<Supervised[]> {
  const vacant = await withTemporal(settings, async (temporal) => {
    const served = await Promise.all(POOLS.map(async (pool) => (await pollers(temporal, QUEUES[pool])).length > 0));
    return POOLS.filter((_, index) => !served[index]);
  });
  return Promise.all(vacant.map((pool) => startPool(pool, settings, stack, log, signal)));
}

async function startPool(
  pool: Pool,
  settings: Settings,
  stack: Stack | undefined,
  log: (event: LogEvent) => void,
  signal: AbortSignal,
): Promise<Supervised> {
  const name = `worker-${pool}`;
  const logFile = join(settings.stateDir, 'logs', `${name}.log`);
  const graceSeconds = pool === 'llm' ? 5 : settings.config.pools[pool].shutdownGraceSeconds;
  const spec = {
    name,
    command: process.execPath,
    // For development: one worker that takes the place of the one before needs no versions.
    args: [...selfArguments(), 'worker', '--pool', pool, '--unversioned'],
    cwd: settings.projectDir,
    env: { ...settings.env, LLM_PACK_STATE: settings.stateDir, LLM_PACK_CACHE: settings.cacheDir },
    logFile,
    ready: () => isPolling(settings, pool, name),
    // The worker's own grace, and time to end what is left.
    stopWithinSeconds: graceSeconds + 10,
    signal,
  };
  const worker = await (stack ? stack.supervise(spec) : supervise({ ...spec, log }));
  log({ part: name, message: `ready: polls ${QUEUES[pool]} (process ${worker.pid})` });
  return worker;
}

/** True once a worker of this machine polls the pool's queue. */
const isPolling = (settings: Settings, pool: Pool, name: string): Promise<boolean> =>
  withTemporal(settings, async (temporal) => {
    const identities = await pollers(temporal, QUEUES[pool]);
    const pid = (await readStack(settings.stateDir))?.processes[name]?.pid;
    return identities.some((identity) => pid === undefined || identity.startsWith(`${pid}@`));
  });

/** How to run this command line again: compiled, or from source with a loader. */
export function selfArguments(): string[] {
  const main = join(__dirname, `main${extname(__filename)}`);
  const loader = join(packageRoot(), 'activities', 'kit', 'thread-loader.cjs');
  return main.endsWith('.ts') ? ['--require', loader, main] : [main];
}

/** The stack's events as lines on stderr, slow steps as one line that is redrawn. */
function shownIn(out: Output): { event: (event: LogEvent) => void; end: () => void } {
  const line = new ProgressLine(out.stderr);
  return {
    event({ part, message, elapsedSeconds }) {
      const text = `  ${part.padEnd(14)} ${message}`;
      if (elapsedSeconds === undefined) line.end(text);
      else line.show(`${text} (${duration(elapsedSeconds)})`);
    },
    end: () => line.end(),
  };
}

/** What could not be started, in the command line's words. */
export const serveError = (error: unknown): unknown =>
  error instanceof StackError ? new CliError(EXIT.unreachable, error.message) : error;
