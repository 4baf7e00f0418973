import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { lastLines } from '../../workers/stack/commands';
import { trainersDir } from '../../workers/stack/trainers';

/** Environment of the trainers' Python where ranks are on this machine alone. */
export const TRAINER_ENV = {
  PYTHONPATH: trainersDir(),
  OMP_NUM_THREADS: '1',
  GLOO_SOCKET_IFNAME: process.platform === 'linux' ? 'lo' : 'lo0',
};

/** A process that runs. */
export interface Running {
  pid: number;
  /** Its exit code, null where a signal ended it, and all that it wrote. */
  ended: Promise<{ code: number | null; output: string }>;
}

/**
 * The trainers' Python with modules loaded once: what it starts are forks, which have them at once (`warm_python.py`). To import
 * what a recipe needs takes 6 s a process otherwise, most of the time of tests with tiny models.
 */
export class WarmPython {
  /** `pid 1` and `code 1` of the first command, and so on. */
  private readonly told = new EventEmitter();
  private count = 0;

  private constructor(
    private readonly child: ChildProcess,
    private readonly dir: string,
  ) {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const { id, ...told } = JSON.parse(line) as { id: number; pid?: number; code?: number };
      for (const [name, value] of Object.entries(told)) this.told.emit(`${name} ${id}`, value);
    });
    child.on('exit', (code) => {
      if (this.told.listenerCount('error') > 0)
        this.told.emit('error', new Error(`The warm Python has ended with ${code}.`));
    });
  }

  /** @param modules what to load */
  static async start(python: string, modules: readonly string[]): Promise<WarmPython> {
    const dir = await mkdtemp(path.join(tmpdir(), 'llm-pack-warm-'));
    const child = spawn(python, [path.join(__dirname, 'warm_python.py'), ...modules], {
      env: { ...process.env, ...TRAINER_ENV },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    return new WarmPython(child, dir);
  }

  /** Starts `python ARGV`, in the folder of the trainers. */
  async start(argv: readonly string[]): Promise<Running> {
    const id = (this.count += 1);
    const output = path.join(this.dir, String(id));
    const [begun, done] = [once(this.told, `pid ${id}`), once(this.told, `code ${id}`)];
    // Of what still runs when a test has failed nobody waits for the end.
    done.catch(() => undefined);
    this.child.stdin?.write(`${JSON.stringify({ id, argv, cwd: trainersDir(), output })}\n`);
    const [pid] = (await begun) as [number];
    const ended = done.then(async (values: number[]) => {
      const [code = -1] = values;
      return { code: code < 0 ? null : code, output: await readFile(output, 'utf8') };
    });
    ended.catch(() => undefined);
    return { pid, ended };
  }

  /** Runs `python ARGV` to its end. @returns what it wrote */
  async run(argv: readonly string[]): Promise<string> {
    const { code, output } = await (await this.start(argv)).ended;
    if (code !== 0) throw new Error(`python ${argv.join(' ')} ended with ${code}:\n${lastLines(output, 40)}`);
    return output;
  }

  /** Ends it and, with it, all that it runs. */
  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    await rm(this.dir, { recursive: true, force: true });
  }
}
