import path from 'node:path';
import type { TrainingParts } from '../activities/training/dependencies';
import type { Launcher } from '../activities/training/launchers/launcher';
import { localLauncher } from '../activities/training/launchers/local';
import { failure } from '../activities/errors';
import type { Report } from '../activities/kit/heartbeat';
import type { Settings } from './settings';
import { ensureTrainersPython } from './stack/trainers';

/** The launchers that the configuration names. Nothing is asked of them before a run does. */
export function openTraining(
  { config: { training }, projectDir, cacheDir }: Pick<Settings, 'config' | 'projectDir' | 'cacheDir'>,
  log: (message: string) => void,
): TrainingParts {
  const dir = path.resolve(projectDir, training.dir);
  const opened = new Map<string, Promise<Launcher>>();
  const pythonFor = async (kind: string, report?: Report, signal?: AbortSignal): Promise<string> => {
    if (training.python !== undefined) return training.python;
    if (kind !== 'local') return 'python3';
    return ensureTrainersPython({
      cacheDir,
      ...(signal ? { signal } : {}),
      log: ({ message, elapsedSeconds }) => (elapsedSeconds === undefined ? log(message) : report?.(elapsedSeconds, 0)),
    });
  };
  const configOf = (name: string) => {
    const config = training.launchers[name];
    if (!config) throw failure('LauncherNotConfigured', `There is no launcher "${name}".`);
    return config;
  };
  const open = async (name: string): Promise<Launcher> => {
    const config = configOf(name);
    if (config.kind !== 'local') throw failure('LauncherNotConfigured', 'todo');
    const options = { ...config, trainingDir: dir, nodeTimeoutSeconds: 30, graceSeconds: 60 };
    return localLauncher({ ...options, python: await pythonFor(config.kind) });
  };
  return {
    dir,
    launchers: training.launchers,
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
      await pythonFor(configOf(name).kind, report, signal);
    },
  };
}
