import { failure } from '../errors';
import type { Report } from '../kit/heartbeat';
import type { TrainingParts } from './dependencies';
import type { NodeRequest } from './launchers/launcher';

export interface PrepareInput {
  launcher: string;
  nodes: number;
  perNode: NodeRequest;
}

/**
 * Makes what a launcher needs on this host, once, and refuses a job that it could never run.
 * @throws `DevicesMissing`
 */
export async function prepareLauncher(
  training: TrainingParts,
  { launcher, nodes, perNode }: PrepareInput,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  await training.prepare(launcher, report, signal);
  const has = await (await training.open(launcher)).capacity();
  if (!has) return;
  const asks = [
    ['nodes', nodes, has.nodes],
    ['CPUs a node', perNode.cpus, has.perNode.cpus],
    ['GPUs a node', perNode.gpus, has.perNode.gpus],
    ['GiB of memory a node', gib(perNode.memoryBytes), gib(has.perNode.memoryBytes)],
  ] as const;
  const said = asks
    .filter(([, asked, there]) => asked > there)
    .map(([what, asked, there]) => `${asked} of ${there} ${what}`);
  if (said.length === 0) return;
  throw failure('DevicesMissing', `The launcher "${launcher}" can never give what is asked for: ${said.join(', ')}.`);
}

const gib = (bytes: number): number => Number((bytes / 2 ** 30).toFixed(1));
