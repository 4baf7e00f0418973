import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { vi } from 'vitest';
import { cached, defaultCacheDir } from '../../workers/stack/cache';
import { onPath, runCommand } from '../../workers/stack/commands';
import { send } from '../../workers/stack/processes';
import { freePort } from './free-port';

// Of Debian 12: Slurm's own packages, and libraries of theirs that a small installation lacks.
const RELEASE = '22.05.8';
const API = 'v0.0.38';
const PACKAGES = [
  ...['munge', 'slurm-client', 'slurmctld', 'slurmd', 'slurmrestd'],
  ...['slurm-wlm-basic-plugins', 'slurm-wlm-jwt-plugin'],
  ...['libb64-0d', 'libhttp-parser2.9', 'libhwloc15', 'libjansson4', 'libjson-c5', 'libjwt0', 'liblua5.1-0'],
  ...['libmunge2', 'libnuma1', 'libyaml-0-2'],
];
const NODES = ['n1', 'n2'];
const WAIT = { timeout: 30_000, interval: 200 };

/** Whether this process may run a Slurm; where not, a line says why. */
export function mayRunSlurm(): boolean {
  const why = hindrance();
  if (why) process.stderr.write(`[slurm] not tried: ${why}\n`);
  return why === undefined;
}

function hindrance(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'it takes Linux and root';
  if (!onPath('apt-get', process.env) || !onPath('dpkg-deb', process.env)) return 'its packages come by apt-get';
  const policy = execFileSync('apt-cache', ['policy', 'slurmrestd'], { encoding: 'utf8' });
  return policy.includes(`Candidate: ${RELEASE}`) ? undefined : `apt-get does not offer slurmrestd ${RELEASE}`;
}

/** Folder of Slurm's programs and libraries: from an earlier time, or of packages that are unpacked, not installed (12 MB). */
const slurmPrograms = (): Promise<string> =>
  cached(defaultCacheDir(), `slurm-${RELEASE}`, async (target) => {
    process.stderr.write(`[slurm] fetching ${RELEASE}\n`);
    const debs = await mkdtemp(path.join(os.tmpdir(), 'slurm-debs-'));
    try {
      await runCommand('apt-get', ['download', '-o', 'APT::Sandbox::User=root', ...PACKAGES], { cwd: debs });
      for (const name of await readdir(debs)) await runCommand('dpkg-deb', ['-x', path.join(debs, name), target]);
      // They know by their names what they are; Debian makes these at its installation.
      for (const name of ['slurmctld', 'slurmd', 'slurmstepd'])
        await symlink(`${name}-wlm`, path.join(target, 'usr/sbin', name));
    } finally {
      await rm(debs, { recursive: true, force: true });
    }
  });

/** A real Slurm on this machine: a controller, two nodes of two cores each, and slurmrestd. Jobs run as root. */
export class SlurmCluster {
  private readonly children = new Map<string, ChildProcess>();

  private constructor(
    private readonly root: string,
    private readonly dir: string,
    private readonly restPort: number,
  ) {}

  static async start(): Promise<SlurmCluster> {
    const root = await slurmPrograms();
    // Short: sockets lie below it, and their paths may have 107 bytes.
    const cluster = new SlurmCluster(root, await mkdtemp('/tmp/slurm-'), await freePort());
    try {
      await cluster.configure();
      await cluster.startMunge();
      await cluster.startController();
      for (const node of NODES) cluster.startNode(node);
      await cluster.startRest();
      await vi.waitUntil(() => cluster.run('sinfo', '--noheader', '--format=%t %D').trim() === 'idle 2', WAIT);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** Of slurmrestd. */
  get url(): string {
    return `http://127.0.0.1:${this.restPort}`;
  }

  async startController(): Promise<void> {
    this.spawn('slurmctld', 'slurmctld', ['-D', '-i']);
    await vi.waitUntil(() => this.answers('scontrol', 'ping'), WAIT);
  }

  async startRest(): Promise<void> {
    const argv = ['-s', `openapi/${API}`, '-a', 'rest_auth/jwt', `127.0.0.1:${this.restPort}`];
    // It would rather be another user than the one that its controller is.
    this.spawn('slurmrestd', 'slurmrestd', argv, { SLURM_JWT: 'daemon', SLURMRESTD_SECURITY: 'disable_user_check' });
    await vi.waitUntil(
      () =>
        fetch(this.url).then(
          () => true,
          () => false,
        ),
      WAIT,
    );
  }

  /** Kills one of its servers, by SIGKILL. */
  async kill(name: 'slurmctld' | 'slurmrestd'): Promise<void> {
    const child = this.children.get(name);
    if (child?.pid === undefined) throw new Error(`${name} does not run.`);
    const ended = once(child, 'exit');
    // With what it has started beside itself.
    send(-child.pid, 'SIGKILL');
    await ended;
  }

  /** A token of the user that jobs run as. */
  token(lifeSeconds = 3_600): string {
    return this.run('scontrol', 'token', `lifespan=${lifeSeconds}`, 'username=root').trim().replace('SLURM_JWT=', '');
  }

  /** Runs a program of Slurm's, such as `squeue`. @returns what it writes. */
  run(program: string, ...argv: string[]): string {
    const file = path.join(this.root, 'usr/bin', program);
    return execFileSync(file, argv, { env: this.env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  /** Whether the controller has written down what it knew at a time, in milliseconds since 1970. */
  async hasSavedSince(time: number): Promise<boolean> {
    const saved = await stat(path.join(this.dir, 'state', 'job_state')).catch(() => undefined);
    return saved !== undefined && saved.mtimeMs > time;
  }

  /** Ends all jobs, then what keeps them. */
  async stop(): Promise<void> {
    try {
      if (!this.answers('scontrol', 'ping')) return;
      this.run('scancel', '--user=root');
      await vi.waitUntil(() => this.run('squeue', '--noheader', '--states=PENDING,RUNNING').trim() === '', WAIT);
    } finally {
      for (const { pid } of [...this.children.values()].reverse()) if (pid) send(-pid, 'SIGKILL');
      for (const pid of this.keepersOfSteps()) send(pid, 'SIGKILL');
      await rm(this.dir, { recursive: true, force: true });
    }
  }

  /** Processes that its nodes have started to keep steps: they live on where the controller has not heard of an end. */
  private keepersOfSteps(): number[] {
    const mark = `SLURM_CONF=${this.env.SLURM_CONF}`;
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return pids.map(Number).filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(mark);
      } catch {
        // It has ended meanwhile.
        return false;
      }
    });
  }

  private answers(program: string, ...argv: string[]): boolean {
    try {
      return !this.run(program, ...argv).includes('DOWN');
    } catch {
      return false;
    }
  }

  private get libraries(): string[] {
    return ['usr/lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu/slurm-wlm', 'lib/x86_64-linux-gnu'].map((name) =>
      path.join(this.root, name),
    );
  }

  /** By which its programs are found and run. */
  get env(): { PATH: string; LD_LIBRARY_PATH: string; SLURM_CONF: string } {
    return {
      PATH: `${path.join(this.root, 'usr/bin')}:/usr/bin:/bin`,
      LD_LIBRARY_PATH: this.libraries.join(':'),
      SLURM_CONF: path.join(this.dir, 'slurm.conf'),
    };
  }

  private spawn(name: string, program: string, argv: string[], more: NodeJS.ProcessEnv = {}): void {
    const file = path.join(this.root, 'usr/sbin', program);
    const child = spawn(file, argv, { env: { ...this.env, ...more }, stdio: 'ignore', detached: true });
    this.children.set(name, child);
  }

  private async startMunge(): Promise<void> {
    const file = (name: string): string => path.join(this.dir, name);
    const argv = ['--foreground', '--force', '--num-threads=2', `--key-file=${file('munge.key')}`];
    argv.push(`--socket=${file('munge.socket')}`, `--pid-file=${file('munged.pid')}`);
    this.spawn('munged', 'munged', [...argv, `--log-file=${file('munged.log')}`, `--seed-file=${file('munge.seed')}`]);
    await vi.waitUntil(() => existsSync(file('munge.socket')), WAIT);
  }

  private startNode(name: string): void {
    const stepd = path.join(this.root, 'usr/sbin/slurmstepd');
    this.spawn(name, 'slurmd', ['-D', '-N', name, '-d', stepd]);
  }

  private async configure(): Promise<void> {
    const file = (name: string): string => path.join(this.dir, name);
    await mkdir(file('state'));
    await writeFile(file('munge.key'), randomBytes(128), { mode: 0o400 });
    await writeFile(file('jwt.key'), randomBytes(32), { mode: 0o600 });
    // As an installed Slurm has it: a job finds the programs by itself.
    const exports = Object.entries(this.env).map(([name, value]) => `echo 'export ${name}=${value}'\n`);
    await writeFile(file('prolog.sh'), ['#!/bin/sh\n', ...exports].join(''), { mode: 0o755 });
    const host = os.hostname().split('.')[0];
    const node = async (name: string): Promise<string> =>
      `NodeName=${name} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${await freePort()} CPUs=2 RealMemory=2000`;
    const settings = [
      'ClusterName=test',
      `SlurmctldHost=${host}(127.0.0.1)`,
      `SlurmctldPort=${await freePort()}`,
      ...['SlurmUser=root', 'SlurmdUser=root'],
      ...['AuthType=auth/munge', `AuthInfo=socket=${file('munge.socket')}`, 'CredType=cred/munge'],
      ...['AuthAltTypes=auth/jwt', `AuthAltParameters=jwt_key=${file('jwt.key')}`],
      `PluginDir=${this.libraries[1]}`,
      ...[`StateSaveLocation=${file('state')}`, `SlurmdSpoolDir=${file('spool-%n')}`],
      ...[`SlurmctldPidFile=${file('slurmctld.pid')}`, `SlurmdPidFile=${file('slurmd-%n.pid')}`],
      ...[`SlurmctldLogFile=${file('slurmctld.log')}`, `SlurmdLogFile=${file('slurmd-%n.log')}`],
      `TaskProlog=${file('prolog.sh')}`,
      // Without control groups, accounting and MPI.
      ...['ProctrackType=proctrack/linuxproc', 'TaskPlugin=task/none', 'JobAcctGatherType=jobacct_gather/none'],
      ...['AccountingStorageType=accounting_storage/none', 'MpiDefault=none', 'SwitchType=switch/none'],
      ...['SelectType=select/cons_tres', 'SelectTypeParameters=CR_Core_Memory'],
      ...[
        'ReturnToService=2',
        'SlurmdTimeout=10',
        'KillWait=3',
        'MinJobAge=300',
        'SchedulerParameters=batch_sched_delay=0',
      ],
      ...(await Promise.all(NODES.map(node))),
      `PartitionName=main Nodes=${NODES.join(',')} Default=YES State=UP`,
      '',
    ];
    await writeFile(file('slurm.conf'), settings.join('\n'));
  }
}
