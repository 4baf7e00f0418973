import path from 'node:path';
import type { TrainingParts } from '../activities/training/dependencies';
import type { Launcher } from '../activities/training/launchers/launcher';
import { openLauncher } from '../activities/training/launchers/open';
import type { Report } from '../activities/kit/heartbeat';
import type { Settings } from './settings';
import { ensureTrainersPython, madeTrainersPython } from './stack/trainers';

/** The launchers that the configuration names. Nothing is asked of them before a run does. */
export function openTraining(
  {
    config: { training, currency },
    projectDir,
    cacheDir,
    env,
  }: Pick<Settings, 'config' | 'projectDir' | 'cacheDir' | 'env'>,
  log: (message: string) => void,
): TrainingParts {
  const dir = path.resolve(projectDir, training.dir);
  const opened = new Map<string, Promise<Launcher>>();
  const pythonFor = async (name: string, report?: Report, signal?: AbortSignal): Promise<string> => {
    if (training.python !== undefined) return training.python;
    // Nodes of clusters have a Python of their own, or see that of this host.
    if (training.launchers[name]?.kind !== 'local') return (await madeTrainersPython(cacheDir)) ?? 'python3';
    return ensureTrainersPython({
      cacheDir,
      ...(signal ? { signal } : {}),
      log: ({ message, elapsedSeconds }) => (elapsedSeconds === undefined ? log(message) : report?.(elapsedSeconds, 0)),
    });
  };
  const open = async (name: string): Promise<Launcher> =>
    openLauncher(name, training, { trainingDir: dir, python: await pythonFor(name), env });
  return {
    dir,
    launchers: training.launchers,
    currency,
    open(name) {
      const known = opened.get(name);
      if (known) return known;
      const opening = open(name);
      opened.set(name, opening);
      // One that can not be opened now may be opened later.
      opening.catch(() => opened.delete(name));
      return opening;
    },
    async prepare(name, report, signal) {
      await pythonFor(name, report, signal);
    },
  };
}
