import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The name by which this package knows its own folder; the `name` of package.json. */
const PACKAGE = 'temporal-llm-pack';

let found: string | undefined;

/**
 * Absolute path of this package's folder, for files that are published as they are (SQL, Java, Python). The code runs
 * both from source and, compiled, from `dist/`, so such a file has no fixed place beside it.
 */
export function packageRoot(): string {
  return (found ??= findRoot(__dirname));
}

function findRoot(dir: string): string {
  const file = path.join(dir, 'package.json');
  if (existsSync(file)) {
    const { name } = JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown };
    if (name === PACKAGE) return dir;
  }
  const parent = path.dirname(dir);
  if (parent === dir) throw new Error(`${__dirname} is not inside the package ${PACKAGE}.`);
  return findRoot(parent);
}
