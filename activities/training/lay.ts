import { copyFile, link, mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { CheckpointManifest } from '../../schemas/training';
import { unlessMissing } from '../stores/disk';
import { checkpointDefect, JOB_FILES, listCheckpoints } from './job-folder';

/** A checkpoint that is whole, and those after it that are not: why, for people. */
export interface GoodCheckpoint {
  manifest: CheckpointManifest | null;
  damaged: { step: number; why: string }[];
}

/**
 * The newest checkpoint whose files are as they were written. One that is damaged is moved aside, so that no trainer meets it,
 * and so is one of what was learnt when it had gone wrong.
 * @param badSince step from which on that is so; null where it is not
 * @param seen is told of bytes as they are read
 */
export async function newestCheckpoint(
  dir: string,
  badSince: number | null,
  seen: (bytes: number) => void,
): Promise<GoodCheckpoint> {
  const damaged: GoodCheckpoint['damaged'] = [];
  for (const checkpoint of (await listCheckpoints(dir)).reverse()) {
    const { step, manifest } = checkpoint;
    const isBad = badSince !== null && step >= badSince;
    const why = isBad ? 'it was made after the numbers had gone wrong' : await checkpointDefect(checkpoint, seen);
    if (why === undefined) return { manifest, damaged };
    damaged.push({ step, why });
    const aside = path.join(dir, JOB_FILES.checkpoints, `damaged-${step}-${Date.now()}`);
    await rename(checkpoint.dir, aside);
  }
  return { manifest: null, damaged };
}

/** Lays a file where the nodes see it: a second name for it where the disk is the same, a copy elsewhere. */
export async function layFile(from: string, to: string): Promise<void> {
  if (await unlessMissing(stat(to))) return;
  await mkdir(path.dirname(to), { recursive: true });
  const aside = `${to}.part`;
  await rm(aside, { force: true });
  await link(from, aside).catch(() => copyFile(from, aside));
  await rename(aside, to);
}
