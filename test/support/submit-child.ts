import type { JobRequest } from '../../activities/training/launchers/launcher';
import { localLauncher, type LocalOptions } from '../../activities/training/launchers/local';

/** A worker that submits a job and stays. */
async function main(): Promise<void> {
  const { options, job } = JSON.parse(process.argv[2] ?? '') as { options: LocalOptions; job: JobRequest };
  process.stdout.write('submitting\n');
  await localLauncher(options).submit(job);
  setInterval(() => undefined, 60_000);
}

void main();
