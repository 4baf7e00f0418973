import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { failure } from '../../errors';

/** A place inside a source root, named so that it says nothing of the host: the number of the root, and a path. */
export interface SourcePlace {
  root: number;
  /** Below the root, with `/` between its parts; empty for the root itself. */
  path: string;
}

/** The real path of a file or folder, or undefined where it can not be reached. */
export const realPathOf = (file: string): Promise<string | undefined> => realpath(file).catch(() => undefined);

/** Whether `file` is `folder` or lies below it; both are real paths. */
export function isInside(file: string, folder: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}

/** The roots that exist, links resolved; in the same order, with gaps. */
export const realRoots = (roots: readonly string[]): Promise<(string | undefined)[]> =>
  Promise.all(roots.map((root) => realPathOf(root)));

/** Whether a real path lies inside one of the roots. */
export const isAllowed = (real: string, roots: readonly (string | undefined)[]): boolean =>
  roots.some((root) => root !== undefined && isInside(real, root));

/**
 * Finds `source` (relative to a root, or absolute inside one) and the root it lies in.
 * @throws `SourceNotAllowed` where it, or what a link leads to, lies outside all roots; `SourceNotFound`.
 */
export async function resolveSource(
  roots: readonly string[],
  source: string,
): Promise<SourcePlace & { absolute: string }> {
  const refuse = () => failure('SourceNotAllowed', `The source "${source}" does not lie inside a source root.`);
  if (source.split(/[\\/]/).includes('..')) throw refuse();
  const real = await realRoots(roots);
  const candidates = path.isAbsolute(source) ? [source] : roots.map((root) => path.join(root, source));
  for (const candidate of candidates) {
    const absolute = await realPathOf(candidate);
    if (absolute === undefined) continue;
    const root = real.findIndex((folder) => folder !== undefined && isInside(absolute, folder));
    const folder = real[root];
    if (folder === undefined) throw refuse();
    return { root, path: path.relative(folder, absolute).split(path.sep).join('/'), absolute };
  }
  // Whether something stands outside the roots is nobody's business.
  if (path.isAbsolute(source) && !roots.some((root) => isInside(path.resolve(source), path.resolve(root)))) {
    throw refuse();
  }
  throw failure('SourceNotFound', `The source "${source}" does not exist.`);
}
