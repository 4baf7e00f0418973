import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { acquireLock } from '../../workers/stack/lock';
import { RUN_FOLDER } from '../support/run-folder';
import { refuseSecrets, secretSearch } from '../support/secrets/find-secrets';
import { scanFolder } from '../support/secrets/scan-folder';

const ROOT = join(__dirname, '..', '..');
const MAIN = join(ROOT, 'dist', 'workers', 'cli', 'main.js');

const compile = (): Promise<unknown> => promisify(execFile)('npm', ['run', 'build'], { cwd: ROOT });

/** Compiles what the command line is run from, once in a run of the tests, whichever file asks first. */
export async function build(): Promise<void> {
  const run = process.env[RUN_FOLDER];
  if (run === undefined)
    throw new Error('Only tiers with servers use what is compiled (test/support/global-stack.ts).');
  const lock = await acquireLock(join(run, 'compiling'), { waitMs: 300_000 });
  try {
    const compiled = join(run, 'compiled');
    if (existsSync(compiled)) return;
    await compile();
    await writeFile(compiled, '');
  } finally {
    await lock.release();
  }
}

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
  seconds: number;
}

/** A project of its own in a temporary folder, with documents, and the command line in it. */
export class CliProject {
  private constructor(
    readonly dir: string,
    private readonly env: Readonly<Record<string, string>> = {},
  ) {}

  static async create(files: Readonly<Record<string, string>>): Promise<CliProject> {
    const project = new CliProject(await mkdtemp(join(tmpdir(), 'llm-pack-cli-')));
    for (const [name, text] of Object.entries(files)) await project.write(name, text);
    return project;
  }

  /** The same project with more in the environment of its commands. */
  withEnv(env: Readonly<Record<string, string>>): CliProject {
    return new CliProject(this.dir, env);
  }

  async write(name: string, text: string): Promise<void> {
    await mkdir(join(this.dir, name, '..'), { recursive: true });
    await writeFile(join(this.dir, name), text);
  }

  /** Starts a command, its standard input closed. The pack's own addresses in our environment are not handed on. */
  spawn(...argv: string[]): ChildProcess {
    const { TEMPORAL_ADDRESS: _t, DATABASE_URL: _d, ELASTICSEARCH_URL: _e, ...env } = process.env;
    return spawn(process.execPath, [MAIN, ...argv], {
      cwd: this.dir,
      env: { ...env, ...this.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Runs a command to its end. */
  run(...argv: string[]): Promise<Ended> {
    return ended(this.spawn(...argv));
  }

  /** Runs a command with --json, which must succeed, and returns what it wrote. */
  async json<T>(...argv: string[]): Promise<T> {
    const { code, stdout, stderr } = await this.run(...argv, '--json');
    if (code !== 0) throw new Error(`llm-pack ${argv.join(' ')} ended with ${code}:\n${stderr}`);
    return JSON.parse(stdout) as T;
  }

  /** Pids of the processes whose command line, folder or environment names this project. */
  async processes(): Promise<number[]> {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
    const about = await Promise.all(
      pids.map(async (pid) => `${await proc(pid, 'cmdline')}${await proc(pid, 'environ')}`),
    );
    return pids.filter((pid, at) => pid !== process.pid && about[at]?.includes(this.dir));
  }

  /** @throws where what its commands have left (logs, artifacts, the servers' data) holds a secret. */
  async remove(): Promise<void> {
    const findings = await scanFolder(join(this.dir, '.llm-pack'), secretSearch());
    await rm(this.dir, { recursive: true, force: true });
    refuseSecrets(findings);
  }
}

const proc = (pid: number, file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');

export function ended(child: ChildProcess): Promise<Ended> {
  const began = Date.now();
  const written = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (written.stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (written.stderr += text));
  return new Promise((resolve) => {
    child.on('close', (code) => resolve({ code, ...written, seconds: (Date.now() - began) / 1000 }));
  });
}

/** Resolves once the process has written what matches, on either output. @throws where it ends first. */
export function says(child: ChildProcess, pattern: RegExp): Promise<void> {
  let text = '';
  return new Promise((resolve, reject) => {
    const look = (more: string) => {
      text += more;
      if (pattern.test(text)) resolve();
    };
    child.stdout?.setEncoding('utf8').on('data', look);
    child.stderr?.setEncoding('utf8').on('data', look);
    child.on('close', (code) => reject(new Error(`It ended with ${code} before it said ${pattern}:\n${text}`)));
  });
}
