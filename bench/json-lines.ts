import { readFile } from 'node:fs/promises';

/** The objects of a file of JSON Lines. */
export async function jsonLines<T>(file: string): Promise<T[]> {
  return (await readFile(file, 'utf8'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}
