import { failure } from '../errors';

const MISSING = {
  dataset: (wanted: string) => failure('DatasetNotFound', `There is no dataset "${wanted}".`),
  transform: (wanted: string) => failure('TransformNotFound', `There is no transform "${wanted}".`),
  features: (wanted: string) => failure('FeaturesNotFound', `There are no features "${wanted}".`),
  model: (wanted: string) => failure('ModelVersionNotFound', `There is no model "${wanted}".`),
  guard: (wanted: string) => failure('GuardNotFound', `There is no guard "${wanted}".`),
};

/** Of what is promoted also `name@production` is found, by the code that a missing one is told with. */
const UNPROMOTED = { model: 'ModelVersionNotFound', guard: 'GuardNotFound' } as const;

/**
 * Finds a version as people name it: `name` and `name@latest` for the latest, or `name@version`.
 * @throws `DatasetNotFound`, `TransformNotFound`, `FeaturesNotFound`, `ModelVersionNotFound` or `GuardNotFound` where there is none.
 */
export async function findVersion<T>(
  kind: keyof typeof MISSING,
  wanted: string,
  find: (name: string, version?: number) => Promise<T | undefined>,
): Promise<T> {
  const [name = '', version = 'latest'] = wanted.split('@');
  const found = await find(name, version === 'latest' ? undefined : Number(version));
  if (found === undefined) throw MISSING[kind](wanted);
  return found;
}

/**
 * As `findVersion`, and `name@production` for the version that is live.
 * @param live the version that is live under a name; undefined where none was promoted
 */
export async function findPromoted<T>(
  kind: keyof typeof UNPROMOTED,
  wanted: string,
  find: (name: string, version?: number) => Promise<T | undefined>,
  live: (name: string) => Promise<{ version: number } | undefined>,
): Promise<T> {
  const [, name] = /^(.*)@production$/.exec(wanted) ?? [];
  if (name === undefined) return findVersion(kind, wanted, find);
  const pointer = await live(name);
  if (!pointer) throw failure(UNPROMOTED[kind], `No version of "${name}" was promoted yet.`);
  return findVersion(kind, `${name}@${pointer.version}`, find);
}
