import { resolve } from 'node:path';
import { ERRORS, type ErrorCode } from '../../schemas/errors';
import { openLauncher } from '../../activities/training/launchers/open';
import type { Settings } from '../settings';
import { madeTrainersPython } from '../stack/trainers';
import type { Check } from './checks';

/** Asks each configured launcher what it has; starts nothing. */
export async function checkLaunchers({ config, projectDir, cacheDir, env }: Settings): Promise<Check[]> {
  const { training } = config;
  const python = training.python ?? (await madeTrainersPython(cacheDir));
  // What a launcher has is asked by a small program that any Python runs.
  const dependencies = { trainingDir: resolve(projectDir, training.dir), python: python ?? 'python3', env };
  return Promise.all(
    Object.entries(training.launchers).map(async ([key, launcher]): Promise<Check> => {
      const { kind } = launcher;
      const name = `launcher ${key}`;
      try {
        const capacity = await openLauncher(key, training, dependencies).capacity();
        const found = `${kind}, ${capacity ? described(capacity) : 'answers'}`;
        if (kind !== 'local' || python !== undefined) return { state: 'ok', name, found };
        return { state: 'idle', name, found, remedy: 'Nothing to do: its Python is made on first use (3 GB).' };
      } catch (error) {
        const { message, type } = error as Error & { type?: ErrorCode };
        const [found = kind] = message.split('\nRemedy: ');
        // By having the default nobody has asked for training on this host.
        const byDefault = kind === 'local' && launcher.nodes.every((words) => words.length === 0);
        return { state: byDefault ? 'idle' : 'missing', name, found, remedy: type && ERRORS[type].remedy };
      }
    }),
  );
}

type Capacity = NonNullable<Awaited<ReturnType<ReturnType<typeof openLauncher>['capacity']>>>;

const described = ({ nodes, perNode: { cpus, gpus, memoryBytes } }: Capacity): string =>
  `${nodes} × (${cpus} cores, ${gpus} GPUs, ${(memoryBytes / 2 ** 30).toFixed(0)} GiB)`;
