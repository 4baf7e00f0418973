import { rm } from 'node:fs/promises';
import type { ArtifactStore } from '../stores/artifact-store';

/** Gives `work` an empty folder of the store, and removes it after. */
export async function inScratch<T>(store: ArtifactStore, work: (dir: string) => Promise<T>): Promise<T> {
  const dir = await store.scratch();
  try {
    return await work(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
