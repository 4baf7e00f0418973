import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createJiti } from 'jiti';
import * as z from 'zod';
import { packConfig, type PackConfig } from '../schemas/config';

const NAMES = [
  'temporal.config.ts',
  'temporal.config.mts',
  'temporal.config.js',
  'temporal.config.mjs',
  'temporal.config.cjs',
];

/** A project's configuration, and the folder that its relative paths start from. */
export interface LoadedConfig {
  config: PackConfig;
  projectDir: string;
  /** The file it was read from; null when there is none and every default holds. */
  file: string | null;
}

/**
 * Reads temporal.config.* from `from` or the nearest folder above it that has one; without any, every default holds
 * and `from` is the project.
 * @throws with every wrong field named.
 */
export async function loadConfig(from: string): Promise<LoadedConfig> {
  const file = findConfig(resolve(from));
  if (!file) return { config: packConfig.parse({}), projectDir: resolve(from), file: null };
  // TypeScript is read as it is, so that a team needs no build step for its one file.
  const loaded: unknown = await createJiti(__filename).import(file, { default: true });
  const parsed = packConfig.safeParse(loaded);
  if (!parsed.success) throw new Error(`${file} is wrong:\n${z.prettifyError(parsed.error)}`);
  return { config: parsed.data, projectDir: dirname(file), file };
}

function findConfig(from: string): string | undefined {
  const here = NAMES.map((name) => join(from, name)).find((path) => existsSync(path));
  const above = dirname(from);
  return here ?? (above === from ? undefined : findConfig(above));
}
