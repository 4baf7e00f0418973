import { existsSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, relative, resolve, sep } from 'node:path';
import type { Settings } from '../../settings';
import { CliError, EXIT } from '../exit';

/** What the demo reads. */
export interface DemoSource {
  /** As the input of cleanDataset names it. */
  source: string;
  /** True for the documents under node_modules, about which there are fixed questions. */
  isDefault: boolean;
  /** The settings with which workers may read it. */
  settings: Settings;
}

const DEFAULT = 'node_modules';

/**
 * The folder the demo reads: one that the user names, or the project's node_modules. A folder outside the configured
 * source roots is allowed to the workers that this command starts: whoever names it here is who may.
 * @throws CliError (2) where there is no such folder.
 */
export async function demoSource(named: string | undefined, cwd: string, settings: Settings): Promise<DemoSource> {
  const { projectDir, sourceRoots, env } = settings;
  if (named === undefined) {
    if (existsSync(resolve(projectDir, DEFAULT))) return { source: DEFAULT, isDefault: true, settings };
    throw new CliError(
      EXIT.wrongUse,
      `${projectDir} has no ${DEFAULT}, whose documents the demo would read.`,
      'Name a folder of documents: --source DIR.',
    );
  }
  const folder = resolve(cwd, named);
  const there = await stat(folder).catch(() => undefined);
  if (!there)
    throw new CliError(EXIT.wrongUse, `There is no ${folder}.`, 'Name a folder or file of documents: --source DIR.');
  const real = await realpath(folder);
  if (await isInsideAny(real, sourceRoots))
    return {
      source: isInside(real, projectDir) ? relative(projectDir, real) || '.' : real,
      isDefault: false,
      settings,
    };
  const extra = [env['LLM_PACK_SOURCE_ROOTS'], real].filter(Boolean).join(delimiter);
  return {
    source: real,
    isDefault: false,
    settings: { ...settings, sourceRoots: [...sourceRoots, real], env: { ...env, LLM_PACK_SOURCE_ROOTS: extra } },
  };
}

async function isInsideAny(file: string, roots: readonly string[]): Promise<boolean> {
  const real = await Promise.all(roots.map((root) => realpath(root).catch(() => root)));
  return real.some((root) => isInside(file, root));
}

const isInside = (file: string, folder: string): boolean => {
  const path = relative(folder, file);
  return path !== '..' && !path.startsWith(`..${sep}`) && !isAbsolute(path);
};
