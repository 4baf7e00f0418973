import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { vi } from 'vitest';
import { cached, defaultCacheDir } from '../../workers/stack/cache';
import { runCommand } from '../../workers/stack/commands';
import { send } from '../../workers/stack/processes';
import { ensureUv } from '../../workers/stack/trainers';
import { freePort } from './free-port';

// Pinned: that an id is taken twice is refused, and how, is what its tests stand on.
const RAY = 'ray[default]==2.60.0';
const READY_MS = 120_000;
const MARK = 'LLM_PACK_TEST_RAY';

/** Folder of the programs of a Python with Ray in it: from an earlier time, or made by uv (300 MB). */
async function rayPrograms(): Promise<string> {
  const options = { cacheDir: defaultCacheDir(), log: () => undefined };
  const dir = await cached(options.cacheDir, RAY.replace(/\W+/g, '-'), async (target) => {
    process.stderr.write(`[ray] installing ${RAY}\n`);
    const uv = await ensureUv(options);
    const env = { ...process.env, VIRTUAL_ENV: target, UV_PYTHON_DOWNLOADS: 'never' };
    await runCommand(uv, ['venv', '--relocatable', '--allow-existing', '--python', '>=3.11,<3.13', target], { env });
    await runCommand(uv, ['pip', 'install', '--compile-bytecode', RAY], { env });
  });
  return path.join(dir, 'bin');
}

/** A real Ray cluster on this machine, of a head and as many nodes beside it as a test wants. */
export class RayCluster {
  private constructor(
    /** Of the dashboard. */
    readonly url: string,
    readonly python: string,
    private readonly dir: string,
    private readonly port: number,
    private readonly dashboardPort: number,
  ) {}

  static async start(): Promise<RayCluster> {
    const programs = await rayPrograms();
    // Short: sockets lie below it, and their paths may have 107 bytes.
    const dir = await mkdtemp('/tmp/ray-');
    const [port, dashboardPort] = [await freePort(), await freePort()];
    const python = path.join(programs, 'python');
    const cluster = new RayCluster(`http://127.0.0.1:${dashboardPort}`, python, dir, port, dashboardPort);
    await cluster.startHead();
    return cluster;
  }

  async startHead(): Promise<void> {
    await this.run([
      ...['--head', '--port', String(this.port), '--dashboard-host', '127.0.0.1', '--temp-dir', this.dir],
      ...['--dashboard-port', String(this.dashboardPort), '--ray-client-server-port', String(await freePort())],
    ]);
    await this.hasNodes(1);
  }

  async addNode(): Promise<void> {
    await this.run(['--address', `127.0.0.1:${this.port}`]);
    await this.hasNodes(2);
  }

  /** Kills all that `ray start` has started, and nothing that these have: workers and jobs are left to themselves. */
  killHead(): void {
    const own = this.processes();
    const starters = own.filter(({ command }) => command.includes('start')).map(({ pid }) => pid);
    const daemons = own.filter(({ command }) => /gcs_server|\/raylet |dashboard|monitor|agent/i.test(command));
    for (const pid of [...starters, ...daemons.map((each) => each.pid)]) send(pid, 'SIGKILL');
  }

  async stop(): Promise<void> {
    // Its processes start others until all are gone.
    await vi.waitUntil(() => {
      const left = this.processes();
      for (const { pid } of left) send(pid, 'SIGKILL');
      return left.length === 0;
    });
    await rm(this.dir, { recursive: true, force: true });
  }

  private async run(argv: string[]): Promise<void> {
    const ports = await Promise.all([freePort(), freePort(), freePort()]);
    const [listen, metrics, runtime] = ports.map(String);
    const child = spawn(
      path.join(path.dirname(this.python), 'ray'),
      [
        ...['start', ...argv, '--node-ip-address', '127.0.0.1', '--num-cpus', '2', '--disable-usage-stats', '--block'],
        ...['--dashboard-agent-listen-port', listen ?? '', '--metrics-export-port', metrics ?? ''],
        ...['--runtime-env-agent-port', runtime ?? '', '--object-store-memory', '100000000'],
      ],
      { env: { ...process.env, [MARK]: this.dir }, stdio: 'ignore', detached: true },
    );
    child.unref();
  }

  private async hasNodes(count: number): Promise<void> {
    const nodes = async (): Promise<number> => {
      const answer = await fetch(`${this.url}/nodes?view=summary`).catch(() => undefined);
      const jobs = await fetch(`${this.url}/api/jobs/`).catch(() => undefined);
      if (!answer?.ok || !jobs?.ok) return 0;
      const { data } = (await answer.json()) as { data: { summary: { raylet: { state?: string } }[] } };
      return data.summary.filter(({ raylet }) => raylet.state === 'ALIVE').length;
    };
    await vi.waitUntil(async () => (await nodes()) >= count, { timeout: READY_MS, interval: 500 });
  }

  private processes(): { pid: number; command: string }[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        try {
          const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
          const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
          return command && environment.includes(`${MARK}=${this.dir}`) ? [{ pid: Number(pid), command }] : [];
        } catch {
          return [];
        }
      });
  }
}
