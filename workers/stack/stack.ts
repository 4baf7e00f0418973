import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { PayloadCodec } from '@temporalio/common';
import type { CodecServer } from '../codec/codec-server';
import { startElasticsearch } from './elasticsearch/node';
import type { Env } from './cache';
import { acquireLock, LockHeld, type Lock } from './lock';
import { type Log, StackError, StackTaken } from './log';
import { partDir, type PartContext, type PartName, type RunningPart } from './parts';
import { Ports } from './ports';
import { startPostgres } from './postgres';
import { isAlive, send, thisProcess } from './processes';
import { type StackAddresses, endOrphans, removeRecord, type StackRecord, writeRecord } from './record';
import { type ChildSpec, supervise, type Supervised } from './supervisor';
import { configuredTemporal, startTemporal, type TemporalAddress } from './temporal';

export { readStack, type StackAddresses } from './record';

export interface StackOptions {
  /** Folder of the parts' data, logs and ports; made if need be. One stack a folder at a time. */
  stateDir: string;
  /** Folder of what is downloaded and built, shared between projects: `defaultCacheDir()`. */
  cacheDir: string;
  /** Says which parts are configured (TEMPORAL_ADDRESS, DATABASE_URL, ELASTICSEARCH_URL). Programs also get this process's own. */
  env: Env;
  log: Log;
  /** Profile of Temporal's configuration file, where TEMPORAL_PROFILE does not name one. */
  temporalProfile?: string;
  /** What payloads are encrypted with, so that the UI can show them. */
  codec?: PayloadCodec | undefined;
  /** Gives up the start, and ends what was started by then. */
  signal?: AbortSignal;
}

export interface Stack {
  readonly addresses: StackAddresses;
  readonly parts: RunningPart[];
  /** Runs another process under the same supervision; it is stopped before the parts are. */
  supervise(spec: Omit<ChildSpec, 'log' | 'onSpawn'>): Promise<Supervised>;
  /** Ends all of it and leaves no process; safe to call twice. */
  stop(): Promise<void>;
}

// Long enough for a claim of a start that is just giving up, and no wait for a person.
const LOCK_MS = 300;

/**
 * Starts, all at once, those of Temporal, PostgreSQL and Elasticsearch that have no configured address, and keeps them
 * running until `stop`. What a killed stack left in `stateDir` is ended first; its data is used again.
 * @throws StackTaken where another process has a stack in `stateDir`; StackError where a part can not be had or does
 * not start.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const stateDir = path.resolve(options.stateDir);
  await mkdir(stateDir, { recursive: true });
  const lock = await ownState(stateDir);
  const running = new Running({ ...options, stateDir }, lock);
  try {
    await running.start();
    return running;
  } catch (error) {
    await running.stop();
    throw error;
  }
}

async function ownState(stateDir: string): Promise<Lock> {
  try {
    return await acquireLock(path.join(stateDir, 'supervisor'), { waitMs: LOCK_MS });
  } catch (error) {
    if (!(error instanceof LockHeld)) throw error;
    throw new StackTaken(
      `Process ${error.holder} runs a stack in ${stateDir} already.`,
      `Use that one, or stop it first (kill ${error.holder}).`,
    );
  }
}

class Running implements Stack {
  readonly parts: RunningPart[] = [];
  private readonly children: Promise<Supervised>[] = [];
  private readonly extras: Promise<Supervised>[] = [];
  private readonly ports: Ports;
  private readonly record: StackRecord = { supervisor: thisProcess(), processes: {} };
  private readonly givingUp = new AbortController();
  private codecServer: CodecServer | undefined;
  private stopped: Promise<void> | undefined;

  constructor(
    private readonly options: StackOptions,
    private readonly lock: Lock,
  ) {
    this.ports = new Ports(options.stateDir, options.cacheDir);
  }

  get addresses(): StackAddresses {
    if (!this.record.addresses) throw new Error('The stack is not ready.');
    return this.record.addresses;
  }

  async start(): Promise<void> {
    const { stateDir, log, signal } = this.options;
    signal?.addEventListener('abort', () => this.givingUp.abort(signal.reason), { once: true });
    signal?.throwIfAborted();
    const orphans = await endOrphans(stateDir);
    if (orphans.length > 0) log({ part: 'stack', message: `ended what a killed one had left: ${orphans.join(', ')}` });
    this.write();
    process.once('exit', this.atExit);
    const starts = [this.temporal(), this.postgres(), this.elasticsearch()] as const;
    // All or none: the first that fails is the one to tell, the others only follow it.
    const failures: unknown[] = [];
    for (const start of starts) {
      start.catch((error: unknown) => {
        failures.push(error);
        this.givingUp.abort();
      });
    }
    await Promise.allSettled(starts);
    if (failures.length > 0) throw failures[0];
    const [temporal, databaseUrl, elasticsearchUrl] = await Promise.all(starts);
    this.record.addresses = { temporal, databaseUrl, elasticsearchUrl };
    this.write();
  }

  supervise(spec: Omit<ChildSpec, 'log' | 'onSpawn'>): Promise<Supervised> {
    return this.child(spec, this.extras);
  }

  stop(): Promise<void> {
    return (this.stopped ??= this.end());
  }

  private async end(): Promise<void> {
    this.givingUp.abort();
    // What uses the parts goes first: a worker's last act is to report to Temporal and to the stores.
    for (const group of [this.extras, this.children]) await Promise.all(group.map(stopped));
    await this.codecServer?.close();
    process.removeListener('exit', this.atExit);
    await this.ports.release();
    removeRecord(this.options.stateDir);
    await this.lock.release();
  }

  private async temporal(): Promise<TemporalAddress> {
    const { env, temporalProfile } = this.options;
    const configured = configuredTemporal(env, temporalProfile);
    if (configured) {
      this.add({ name: 'temporal', found: configured.setting });
      return { address: configured.address };
    }
    const { temporal, part, codecServer } = await startTemporal(this.context('temporal'), this.options.codec);
    this.codecServer = codecServer;
    this.add(part);
    return temporal;
  }

  private async postgres(): Promise<string> {
    return this.configured('postgres', 'DATABASE_URL') ?? this.added(await startPostgres(this.context('postgres')));
  }

  private async elasticsearch(): Promise<string> {
    const configured = this.configured('elasticsearch', 'ELASTICSEARCH_URL');
    return configured ?? this.added(await startElasticsearch(this.context('elasticsearch')));
  }

  private configured(name: PartName, setting: string): string | undefined {
    const value = this.options.env[setting];
    if (value) this.add({ name, found: setting });
    return value || undefined;
  }

  private added({ url, part }: { url: string; part: RunningPart }): string {
    this.add(part);
    return url;
  }

  private add(part: RunningPart): void {
    this.parts.push(part);
    const message =
      part.version === undefined ? `configured by ${part.found}` : `ready: ${part.version} (${part.found})`;
    this.options.log({ part: part.name, message });
  }

  private context(name: PartName): PartContext {
    const { stateDir, cacheDir, env, log } = this.options;
    if (process.platform === 'win32') {
      throw new StackError(
        'The embedded parts run on Linux and macOS.',
        'Set TEMPORAL_ADDRESS, DATABASE_URL and ELASTICSEARCH_URL, or use WSL.',
      );
    }
    return {
      dir: partDir(stateDir, name),
      cacheDir,
      env: { ...process.env, ...env },
      ports: this.ports,
      log,
      signal: this.givingUp.signal,
      supervise: (spec) => {
        log({ part: name, message: 'starting' });
        return this.child({ ...spec, logFile: path.join(stateDir, 'logs', `${name}.log`) }, this.children);
      },
    };
  }

  private child(spec: Omit<ChildSpec, 'log' | 'onSpawn'>, group: Promise<Supervised>[]): Promise<Supervised> {
    const { signal } = this.givingUp;
    const child = supervise({
      ...spec,
      signal: spec.signal ? AbortSignal.any([spec.signal, signal]) : signal,
      log: this.options.log,
      onSpawn: (ref) => {
        this.record.processes[spec.name] = ref;
        this.write();
      },
    });
    group.push(child);
    return child;
  }

  /** The process ends without `stop`: nobody waits for the parts any more, but they are asked to end. */
  private readonly atExit = (): void => {
    for (const ref of Object.values(this.record.processes)) if (isAlive(ref)) send(ref.pid, 'SIGINT');
  };

  private write(): void {
    writeRecord(this.options.stateDir, this.record);
  }
}

/** Stops a process that may still be starting; one that did not start has stopped already. */
const stopped = (child: Promise<Supervised>): Promise<void> =>
  child.then(
    (running) => running.stop(),
    () => undefined,
  );
