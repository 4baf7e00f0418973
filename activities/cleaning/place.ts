import { copyFile, link } from 'node:fs/promises';

/** A second name for a file that never changes; a copy where the disk can not give one. */
export const place = (file: string, target: string): Promise<void> =>
  link(file, target).catch(() => copyFile(file, target));
