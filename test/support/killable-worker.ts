import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type CliProject, says } from '../system/cli-process';

/** A worker of every pool in a process of its own, as a user starts it. */
export class KillableWorker {
  private constructor(
    private readonly project: CliProject,
    private child: ChildProcess,
  ) {}

  static async start(project: CliProject): Promise<KillableWorker> {
    return new KillableWorker(project, await started(project));
  }

  /** Kills it with SIGKILL and starts another in its place. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
    this.child = await started(this.project);
  }

  /** Lets it end as Ctrl-C would. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
  }
}

async function started(project: CliProject): Promise<ChildProcess> {
  const child = project.spawn('worker', '--pool', 'all');
  await says(child, /./);
  return child;
}
