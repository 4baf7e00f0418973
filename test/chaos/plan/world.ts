import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { POOLS, type Pool } from '../../../schemas/names';
import { defaultCacheDir } from '../../../workers/stack/cache';
import { startStack, type Stack } from '../../../workers/stack/stack';
import { freePort } from '../../support/free-port';
import { mayMakeNetworks, type TestHost, TestNetwork } from '../../support/network';
import type { ServerAddresses } from '../../support/pack';
import { STUB_PYTHON } from '../../support/training';
import { type ActivityEvent, startWorkerProcess, type WorkerProcess } from '../../support/worker-process';
import { mayMount, mountDisk, type SmallDisk } from './disk';
import { type Link, openLink } from './link';
import { PAIRS, type Pair } from './plan';
import type { Trainer } from './inputs';

const JITI = path.join(path.dirname(require.resolve('jiti/package.json')), 'lib/jiti-cli.mjs');
export const SERVERS = ['temporal', 'postgres', 'elasticsearch', 'model'] as const;
export type Server = (typeof SERVERS)[number];
/** In the environment of all that a world starts, so that what is left of it can be told. */
export const MARK = 'CHAOS_WORLD';

export interface WorldOptions {
  /** One that runs already, which is not ours to kill: only the ways to it are cut and slowed. One of its own where none is given. */
  elasticsearchUrl?: string;
  trainer: Trainer;
  /** Where the metric of rollouts is told; asked for rows from a time to a time. */
  metricUrl: (gateway: string) => Promise<string>;
  onEvent: (event: ActivityEvent) => void;
  /** Told what workers write. */
  onSaid: (worker: string, line: string) => void;
  log: (message: string) => void;
}

/** A worker process of one pool, on a host of its own where root may make networks. */
interface PoolWorker {
  pool: Pool;
  host: TestHost | undefined;
  env: NodeJS.ProcessEnv;
  links: Record<Server, Link>;
  process: WorkerProcess;
}

/** All the parts of a pack, each in processes of its own, and the ways between them. */
export class World {
  readonly workers: PoolWorker[] = [];
  /** Those that ranks of a job of several are on; none where nobody may make networks. */
  readonly rankHosts: TestHost[] = [];
  readonly disks: Partial<Record<'project' | 'training' | 'temporal' | 'postgres' | 'elasticsearch', SmallDisk>> = {};
  addresses!: ServerAddresses;
  stack: Stack | undefined;
  model!: ChildProcess;
  private readonly links: Link[] = [];
  private network: TestNetwork | undefined;
  private modelPort = 0;

  private constructor(
    readonly dir: string,
    private readonly options: WorldOptions,
  ) {}

  static async open(options: WorldOptions): Promise<World> {
    const world = new World(await mkdtemp(path.join(tmpdir(), 'llm-pack-chaos-')), options);
    try {
      await world.start();
    } catch (error) {
      await world.close();
      throw error;
    }
    return world;
  }

  get projectDir(): string {
    return path.join(this.dir, 'project');
  }
  get trainingDir(): string {
    return path.join(this.projectDir, '.llm-pack', 'training');
  }
  get ledger(): string {
    return path.join(this.dir, 'ledger.jsonl');
  }
  /** How parts are cut off here: by networks of the kernel where that may be, else by our own proxies. */
  get cutsBy(): string {
    return this.network ? 'network namespaces for workers, proxies for servers' : 'proxies';
  }

  /** What can be broken here. */
  pairs(): Pair[] {
    const others = this.options.elasticsearchUrl === undefined ? undefined : 'elasticsearch';
    return PAIRS.filter(({ part, fault }) => {
      if (part === others) return fault === 'cut' || fault === 'slow';
      if (part === 'trainer' && fault === 'cut') return this.rankHosts.length > 0;
      return fault !== 'full' || this.disks.project !== undefined;
    });
  }

  async startModel(): Promise<void> {
    this.model = spawn(
      process.execPath,
      [JITI, path.join(__dirname, 'model-child.ts'), `${this.modelPort}`, this.ledger],
      {
        env: { ...process.env, [MARK]: this.dir },
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    if (this.model.stdout) await once(this.model.stdout, 'data');
  }

  async startWorker(worker: Pick<PoolWorker, 'pool' | 'host' | 'env'>): Promise<WorkerProcess> {
    return startWorkerProcess({
      projectDir: this.projectDir,
      env: worker.env,
      pools: [worker.pool],
      onEvent: this.options.onEvent,
      onSaid: (line) => this.options.onSaid(worker.pool, line),
      ...(worker.host ? { launcher: worker.host.launcher } : {}),
    });
  }

  /** Every way to a server, from wherever. */
  linksTo(server: Server): Link[] {
    return this.workers.map(({ links }) => links[server]);
  }

  async close(): Promise<void> {
    for (const worker of this.workers) await worker.process.kill();
    if (this.model as ChildProcess | undefined) this.model.kill('SIGKILL');
    await this.stack?.stop();
    await Promise.all(this.links.map((link) => link.close()));
    this.network?.remove();
    for (const disk of Object.values(this.disks).toReversed()) disk.unmount();
    await rm(this.dir, { recursive: true, force: true });
  }

  private async start(): Promise<void> {
    // PostgreSQL runs as another user, who has to pass through.
    chmodSync(this.dir, 0o755);
    const servers = path.join(this.dir, 'servers');
    if (mayMount()) {
      this.disks.project = mountDisk(this.projectDir);
      this.disks.training = mountDisk(this.trainingDir);
      for (const part of ['temporal', 'postgres', 'elasticsearch'] as const)
        this.disks[part] = mountDisk(path.join(servers, part));
    }
    await mkdir(path.join(this.projectDir, 'tmp'), { recursive: true });
    await mkdir(this.trainingDir, { recursive: true });
    this.addresses = await this.startServers(servers);
    this.modelPort = await freePort();
    await this.startModel();
    if (mayMakeNetworks()) this.network = new TestNetwork();
    const gateway = this.network?.gateway ?? '127.0.0.1';
    for (const name of RANK_HOSTS) if (this.network) this.rankHosts.push(this.network.addHost(name));
    await writeFile(path.join(this.projectDir, 'temporal.config.js'), configText(this.options.trainer, this.rankHosts));
    const metric = await this.options.metricUrl(gateway);
    await Promise.all(POOLS.map((pool) => this.addWorker(pool, gateway, metric)));
  }

  private async startServers(stateDir: string): Promise<ServerAddresses> {
    const log = ({ part, message }: { part: string; message: string }) => this.options.log(`${part}: ${message}`);
    const { elasticsearchUrl: others } = this.options;
    const env = { [MARK]: this.dir, ...(others === undefined ? {} : { ELASTICSEARCH_URL: others }) };
    this.stack = await startStack({ stateDir, cacheDir: defaultCacheDir(), env, log });
    const { temporal, databaseUrl, elasticsearchUrl } = this.stack.addresses;
    return { temporalAddress: temporal.address, databaseUrl, elasticsearchUrl };
  }

  private async addWorker(pool: Pool, gateway: string, metric: string): Promise<void> {
    const { temporalAddress, databaseUrl, elasticsearchUrl } = this.addresses;
    const at = (url: string) => ({ host: new URL(url).hostname, port: Number(new URL(url).port) });
    const open = async (url: string) => {
      const link = await openLink(at(url), gateway);
      this.links.push(link);
      return link;
    };
    const links = {
      temporal: await open(`http://${temporalAddress}`),
      postgres: await open(databaseUrl),
      elasticsearch: await open(elasticsearchUrl),
      model: await open(`http://127.0.0.1:${this.modelPort}`),
    };
    const by = (url: string, { port }: Link) =>
      Object.assign(new URL(url), { hostname: gateway, port: `${port}` }).href;
    const { PATH, HOME, LLM_PACK_CACHE, XDG_CACHE_HOME } = process.env;
    const env = {
      ...{ PATH, HOME, LLM_PACK_CACHE, XDG_CACHE_HOME },
      ...{ [MARK]: this.dir, TMPDIR: path.join(this.projectDir, 'tmp') },
      TEMPORAL_ADDRESS: `${gateway}:${links.temporal.port}`,
      DATABASE_URL: by(databaseUrl, links.postgres),
      ELASTICSEARCH_URL: by(elasticsearchUrl, links.elasticsearch).replace(/\/$/, ''),
      CHAOS_MODEL: `http://${gateway}:${links.model.port}/v1`,
      CHAOS_METRIC: metric,
    };
    const host = this.network?.addHost(`chaos-${pool}`);
    this.workers.push({ pool, host, env, links, process: await this.startWorker({ pool, host, env }) });
  }
}

export const isServer = (part: string): part is Server => (SERVERS as readonly string[]).includes(part);

const RANK_HOSTS = ['chaos-rank-0', 'chaos-rank-1'];
const GRACE_SECONDS = { stub: 2, real: 15 };

/** Each round embeds anew, and a call that gets no answer is given up soon. */
const configText = (trainer: Trainer, rankHosts: readonly TestHost[]): string => {
  const local = { kind: 'local', graceSeconds: GRACE_SECONDS[trainer] };
  // Two nodes on hosts of their own; else both here. A cut of 2 s passes them by, and one of 6 s does not.
  const nodes = RANK_HOSTS.map((_, at) => rankHosts[at]?.launcher ?? []);
  const hosts = { ...local, nodes, rendezvousHost: rankHosts[0]?.address ?? '127.0.0.1', nodeTimeoutSeconds: 4 };
  const config = {
    index: { embeddingCache: { maxVectors: 0 } },
    pools: { cpu: { slots: 4 } },
    training: { ...(trainer === 'stub' ? { python: STUB_PYTHON } : {}), launchers: { local, hosts } },
  };
  return `module.exports = {
  ...${JSON.stringify(config)},
  agent: { models: { scripted: { provider: 'openai', baseUrl: process.env.CHAOS_MODEL, model: 'scripted', timeoutSeconds: 30, idleSeconds: 15 } }, model: 'scripted' },
  rollout: { metrics: { clicks: { type: 'http', url: process.env.CHAOS_METRIC } } },
};
`;
};
