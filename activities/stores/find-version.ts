import { failure } from '../errors';

const MISSING = {
  dataset: (wanted: string) => failure('DatasetNotFound', `There is no dataset "${wanted}".`),
  transform: (wanted: string) => failure('TransformNotFound', `There is no transform "${wanted}".`),
  features: (wanted: string) => failure('FeaturesNotFound', `There are no features "${wanted}".`),
  model: (wanted: string) => failure('ModelVersionNotFound', `There is no model "${wanted}".`),
};

/**
 * Finds a version as people name it: `name` and `name@latest` for the latest, or `name@version`.
 * @throws `DatasetNotFound`, `TransformNotFound`, `FeaturesNotFound` or `ModelVersionNotFound` where there is none.
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
