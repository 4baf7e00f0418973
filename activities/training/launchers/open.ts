import type { TrainingConfig } from '../../../schemas/training-config';
import { failure } from '../../errors';
import { kubernetesLauncher } from './kubernetes';
import type { Launcher } from './launcher';
import { localLauncher } from './local';
import { rayLauncher } from './ray';
import { slurmLauncher } from './slurm';

export interface LauncherDependencies {
  /** Absolute folder of jobs, the same on every node. */
  trainingDir: string;
  /** Interpreter with what the trainers need, as the nodes see it. */
  python: string;
  /** Where the credentials are that the configuration names. */
  env: Readonly<Record<string, string | undefined>>;
}

/**
 * The launcher that a run names. Nothing is asked of it yet.
 * @throws `LauncherNotConfigured` where there is none of that name, or its credentials are missing.
 */
export function openLauncher(
  name: string,
  { launchers }: Pick<TrainingConfig, 'launchers'>,
  { trainingDir, python, env }: LauncherDependencies,
): Launcher {
  const config = Object.hasOwn(launchers, name) ? launchers[name] : undefined;
  if (config === undefined) {
    const names = Object.keys(launchers).join(', ') || 'none';
    throw failure('LauncherNotConfigured', `There is no launcher "${name}"; configured: ${names}.`);
  }
  const credential = (variable: string): string => {
    const value = env[variable];
    if (!value)
      throw failure(
        'LauncherNotConfigured',
        `The launcher "${name}" needs the variable ${variable}, which is not set.`,
      );
    return value;
  };
  switch (config.kind) {
    case 'local':
      return localLauncher({ ...config, trainingDir, python });
    case 'ray': {
      const { tokenVariable, python: rayPython, ...ray } = config;
      const token = tokenVariable === undefined ? undefined : credential(tokenVariable);
      return rayLauncher({ ...ray, trainingDir, python, rayPython, ...(token === undefined ? {} : { token }) });
    }
    case 'kubernetes':
      return kubernetesLauncher({ config, trainingDir });
    case 'slurm': {
      const { tokenVariable, ...slurm } = config;
      return slurmLauncher({ ...slurm, trainingDir, python, token: credential(tokenVariable) });
    }
  }
}
